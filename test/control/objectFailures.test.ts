import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { controlApi } from '../../src/control/controlApi.js';
import { gatewayObjects } from '../../src/control/gatewayObjects.js';
import { ControlSocket } from '../../src/control/socket.js';
import { WindroseError } from '../../src/errors/catalog.js';
import { mainFile, windrose } from '../cli/program.js';
import { makeGateway } from './made.js';

/** What apply and delete say when the store fails below a gateway, and when somebody loses patience. */
describe('a change that fails', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-failures-'));
  const path = join(directory, 'gw.sock');
  const file = join(directory, 'objects.yaml');
  writeFileSync(file, 'hosts: []\n');
  let answer: () => Promise<never>;
  let asked: () => void;
  let socket: ControlSocket;
  before(async () => {
    const book = { now: { revision: 7 }, applyText: () => answer(), remove: () => answer() };
    const objects = gatewayObjects({ host: { book }, log: { info: () => {} } } as never);
    const never = async (): Promise<never> => assert.fail('nothing else is asked');
    const operations = { reload: never, count: never, purge: never, activate: never, objects };
    socket = await ControlSocket.listen(path, controlApi(makeGateway().shown, never as never, operations));
  });
  after(async () => {
    await socket.stop();
    rmSync(directory, { recursive: true });
  });

  test('without an answer of the store: one line, which does not say that nothing has changed', async () => {
    answer = async () => {
      throw new WindroseError('STORE_UNANSWERED', 'http://there', 'deadline exceeded');
    };
    for (const words of [
      ['apply', file],
      ['delete', 'host', 'h9'],
    ]) {
      const { code, stdout, stderr } = await windrose(...words, '--socket', path);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(stderr, /^windrose: the store at http:\/\/there has not answered a change \(deadline exceeded\), [^\n]*\n$/);
      assert.doesNotMatch(stderr, /nothing has changed|Correct what/);
    }
    const diff = await windrose('diff', file, '--socket', path);
    assert.equal(diff.code, 2);
    const json = await windrose('apply', file, '--socket', path, '-o', 'json');
    assert.deepEqual([json.code, (JSON.parse(json.stdout) as { failed: boolean }).failed], [1, true]);
  });

  for (const [words, teller] of [
    [['apply', file], `windrose diff ${file}`],
    [['delete', 'host', 'h9'], 'windrose get hosts'],
  ] as const)
    test(`SIGINT while ${words[0]} waits: it ends, and says what may have become of it`, async () => {
      const under = new Promise<void>((resolve) => {
        asked = resolve;
      });
      answer = () => {
        asked();
        return new Promise(() => {});
      };
      const child = spawn(process.execPath, [mainFile, ...words, '--socket', path], { timeout: 20_000 });
      let stderr = '';
      child.stderr.on('data', (part) => {
        stderr += part;
      });
      await under;
      child.kill('SIGINT');
      const code = await new Promise((resolve) => child.on('close', resolve));
      assert.deepEqual([code, stderr], [130, `interrupted; the change may have been made: "${teller}" tells\n`]);
    });
});
