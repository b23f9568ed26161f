import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ControlSocket } from '../../src/control/socket.js';

/** Several gateways, and people with other plans, at one path. */

const directory = mkdtempSync(join(tmpdir(), 'windrose-socket-file-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const path = (name: string): string => join(directory, name);
const answer = (name: string) => (_: unknown, response: { end(text: string): void }) => response.end(name);

function ask(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path: '/' }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}

function leaveStale(file: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script], { timeout: 10_000 });
  assert.ok(existsSync(file));
}

describe('one path', () => {
  test('a gateway that stops leaves the socket of the one that took its place', async () => {
    const file = path('successor.sock');
    const first = await ControlSocket.listen(file, answer('first'));
    unlinkSync(file);
    const second = await ControlSocket.listen(file, answer('second'));
    await first.stop();
    assert.equal(await ask(file), 'second');
    await second.stop();
    assert.equal(existsSync(file), false);
  });

  test('of several that start over one stale socket one listens, and is reached', async () => {
    for (let round = 0; round < 20; round++) {
      const file = path(`race${round}.sock`);
      leaveStale(file);
      const starts = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => ControlSocket.listen(file, answer(name))));
      const listening = starts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      assert.equal(listening.length, 1);
      for (const one of starts)
        if (one.status === 'rejected') assert.equal((one.reason as { code: string }).code, 'CONTROL_IN_USE');
      assert.match(await ask(file), /^[a-d]$/);
      await listening[0]!.stop();
    }
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('race')),
      [],
    );
  });

  test('a link at the path is left alone, and so is what it leads to', async () => {
    writeFileSync(path('secret'), 'precious', { mode: 0o600 });
    for (const to of ['secret', 'nowhere', 'other.sock']) {
      symlinkSync(to, path('link.sock'));
      await assert.rejects(ControlSocket.listen(path('link.sock'), answer('x')), {
        code: 'CONTROL_UNWRITABLE',
        message: /no socket/,
      });
      assert.ok(lstatSync(path('link.sock')).isSymbolicLink());
      unlinkSync(path('link.sock'));
    }
    assert.equal(statSync(path('secret')).mode & 0o777, 0o600);
  });

  test('one whose queue is full is in use', async () => {
    const file = path('full.sock');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(file, 0, resolve));
    await assert.rejects(ControlSocket.listen(file, answer('x')), { code: 'CONTROL_IN_USE' });
    other.close();
  });
});
