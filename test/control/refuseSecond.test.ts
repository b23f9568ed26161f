import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { refuseSecond } from '../../src/control/refuseSecond.js';
import { windrose } from '../cli/program.js';
import { sample } from '../config/sample.js';

const folder = mkdtempSync(join(tmpdir(), 'windrose-second-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const socket = join(folder, 'gw1.sock');

/** Something answers behind the socket as long as `during` takes. */
async function behind(answer: RequestListener, during: () => Promise<void>): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    await during();
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('a second gateway', () => {
  const running: RequestListener = (_, response) => void response.end(JSON.stringify({ name: 'gw1', pid: 4711 }));

  test('of one name is refused as such, before a device is opened', () =>
    behind(running, async () => {
      const file = join(folder, 'gateway.yaml');
      writeFileSync(file, sample({ control: `control: { socket: ${socket} }` }));
      const { code, stderr } = await windrose('run', '--config', file);
      assert.equal(code, 1);
      assert.match(stderr, /^windrose: gateway "gw1" already runs \(pid 4711, control socket .*gw1\.sock\)\. Change it with /m);
    }));

  test('of another name at the same socket names the one that runs', () =>
    behind(running, async () => {
      const config = { name: 'east', control: { socket } };
      await assert.rejects(refuseSecond(config), { code: 'GATEWAY_RUNS', message: /^gateway "east" .*pid 4711 as "gw1"/ });
    }));

  test('is not seen in what is no gateway, says nothing, or is not there', async () => {
    const config = { name: 'gw1', control: { socket } };
    await refuseSecond(config);
    await behind(
      (_, response) => void response.end('<html>'),
      () => refuseSecond(config),
    );
    await behind(
      (_, response) => void response.end('null'),
      () => refuseSecond(config),
    );
    await behind(
      (request) => request.socket.destroy(),
      () => refuseSecond(config),
    );
    await behind(
      () => {},
      () => refuseSecond(config),
    );
  });
});
