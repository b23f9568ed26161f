import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { purgeSessions } from '../../src/cli/sessions.js';
import { mainFile, windrose } from './program.js';

/** Runs a command on a terminal of its own, types an answer behind the question, prints what was shown, ends with its code. */
const ON_TERMINAL = `
import os, pty, sys
answer, command = sys.argv[1].encode().decode('unicode_escape').encode(), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
shown, typed = b'', False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if not typed and b'[y/N]' in shown:
        os.write(terminal, answer)
        typed = True
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
`;

const python = spawnSync('python3', ['-c', 'import pty']).status === 0;

describe('sessions purge', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-purge-'));
  const socket = join(directory, 'gw.sock');
  /** What the gateway was asked, in order, and how many sessions it says match. */
  const asked: string[] = [];
  let matching = 3;
  let server: Server;
  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const answer = request.method === 'POST' ? { ended: matching } : { count: matching };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  beforeEach(() => {
    asked.length = 0;
    matching = 3;
  });

  const COUNT = 'GET /v1/sessions/count?src=1.1.7.9%2F32';
  const PURGE = 'POST /v1/sessions/purge?src=1.1.7.9%2F32';
  const words = ['src', '1.1.7.9/32'];

  function onTerminal(answer: string): Promise<{ code: number | null; shown: string }> {
    const command = [process.execPath, mainFile, 'sessions', 'purge', ...words, '--socket', socket];
    return new Promise((resolve, reject) => {
      const child = spawn('python3', ['-c', ON_TERMINAL, answer, ...command], { timeout: 20_000 });
      let shown = '';
      child.stdout.on('data', (part) => {
        shown += part;
      });
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, shown: shown.replaceAll('\r\n', '\n') }));
    });
  }

  for (const answer of ['y', 'YES']) {
    test(`counts, asks on a terminal, and ends them after "${answer}": 0`, { skip: !python }, async () => {
      const { code, shown } = await onTerminal(`${answer}\\r`);
      assert.equal(code, 0, shown);
      assert.match(shown, /^3 sessions match\n[\s\S]*End 3 sessions\? \[y\/N\][\s\S]*\n3 sessions ended\n$/);
      assert.deepEqual(asked, [COUNT, PURGE]);
    });
  }

  const refusals = { no: 'n\\r', 'no answer': '\\r', 'the end of the input': '\\x04', 'an interruption': '\\x03' };
  for (const [name, keys] of Object.entries(refusals)) {
    test(`after ${name} nothing has changed: 1`, { skip: !python }, async () => {
      const { code, shown } = await onTerminal(keys);
      assert.equal(code, 1, shown);
      assert.match(shown, /^3 sessions match\n[\s\S]*\nnothing has changed\n$/);
      assert.deepEqual(asked, [COUNT]);
    });
  }

  test('without a terminal and without --yes it refuses after the count: 1', async () => {
    const { code, stdout, stderr } = await windrose('sessions', 'purge', ...words, '--socket', socket);
    assert.deepEqual([code, stdout], [1, '3 sessions match\n']);
    assert.equal(
      stderr,
      'windrose: sessions purge asks before it ends sessions, and there is no terminal to ask on. Add --yes.\n',
    );
    assert.deepEqual(asked, [COUNT]);
  });

  test('that refusal has the code CONFIRMATION_MISSING', { skip: process.stdin.isTTY === true }, async () => {
    await assert.rejects(purgeSessions(words, { socket }), { code: 'CONFIRMATION_MISSING' });
    assert.deepEqual(asked, [COUNT]);
  });

  test('--yes does not ask: 0', async () => {
    const done = await windrose('sessions', 'purge', ...words, '--yes', '--socket', socket);
    assert.deepEqual(done, { code: 0, stdout: '3 sessions match\n3 sessions ended\n', stderr: '' });
    assert.deepEqual(asked, [COUNT, PURGE]);
  });

  test('all means every session; one session is one', async () => {
    matching = 1;
    const done = await windrose('sessions', 'purge', 'all', '-y', '--socket', socket);
    assert.deepEqual(done, { code: 0, stdout: '1 session matches\n1 session ended\n', stderr: '' });
    assert.deepEqual(asked, ['GET /v1/sessions/count', 'POST /v1/sessions/purge']);
  });

  test('when none matches there is nothing to ask: 0', async () => {
    matching = 0;
    const done = await windrose('sessions', 'purge', ...words, '--socket', socket);
    assert.deepEqual(done, { code: 0, stdout: '0 sessions match\n', stderr: '' });
  });

  for (const wrong of [[], ['scr', '1.1.1.1'], ['src'], ['all', 'tcp']]) {
    test(`"sessions purge ${wrong.join(' ')}" asks nobody: 2`, async () => {
      assert.equal((await windrose('sessions', 'purge', ...wrong, '--socket', socket)).code, 2);
      assert.deepEqual(asked, []);
    });
  }
});
