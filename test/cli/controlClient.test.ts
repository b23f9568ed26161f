import assert from 'node:assert/strict';
import { linkSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { socketPath } from '../../src/cli/controlClient.js';
import { ControlSocket } from '../../src/control/socket.js';
import { windrose } from './program.js';

const folder = mkdtempSync(join(tmpdir(), 'windrose-choice-'));
const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function listening(path: string, answer: RequestListener = (_, response) => void response.end('{}')): Promise<Server> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

/** A directory with sockets behind which somebody listens, and sockets that were left behind. */
async function directory(name: string, live: readonly string[], left: readonly string[]): Promise<string> {
  const path = mkdtempSync(join(folder, name));
  for (const one of live) await listening(join(path, `${one}.sock`));
  for (const one of left) {
    const server = await listening(join(path, `${one}.gone`));
    // Closing removes the name that was bound, not another one of the same socket.
    linkSync(join(path, `${one}.gone`), join(path, `${one}.sock`));
    await new Promise((resolve) => server.close(resolve));
  }
  return path;
}

describe('the gateway that is meant without a name', () => {
  test('is the only one that answers: sockets of dead gateways are passed over', async () => {
    const path = await directory('one', ['east'], ['west', 'north']);
    assert.equal(await socketPath({}, path), `${path}/east.sock`);
  });
  test('is none of several: CONTROL_AMBIGUOUS names those that answer', async () => {
    const path = await directory('two', ['west', 'east'], ['north']);
    await assert.rejects(socketPath({}, path), {
      code: 'CONTROL_AMBIGUOUS',
      message: `several gateways have a control socket in ${path}: east, west.`,
    });
  });
  test('is none when none answers: CONTROL_LEFT names the sockets', async () => {
    const path = await directory('none', [], ['west', 'north']);
    await assert.rejects(socketPath({}, path), {
      code: 'CONTROL_LEFT',
      message: `no gateway runs: nobody listens on the control sockets left in ${path} (north, west).`,
    });
  });
  test('has the usual name when there is no socket', async () => {
    assert.equal(await socketPath({}, join(folder, 'nowhere')), `${folder}/nowhere/windrose.sock`);
  });
});

describe('refusals of the gateway', () => {
  const refusals = [
    ['WORDS_REFUSED', 400, 'src: "1.1.1" is not an IPv4 prefix', 2, 'The --help of the command says what it takes.'],
    [
      'NOT_THERE',
      404,
      'there is no interface "nope"; there are lan, wan',
      1,
      '"windrose show ifaces", "show zones", "show routers" and "show lports" list',
    ],
  ] as const;
  for (const [name, status, error, exit, remedy] of refusals) {
    test(`${name}: ${status} is ${exit} and no matter of the log`, async () => {
      const socket = join(folder, `${status}.sock`);
      await listening(socket, (_, response) => void response.writeHead(status).end(JSON.stringify({ error })));
      const { code, stderr } = await windrose('show', 'sessions', '--socket', socket);
      assert.equal(code, exit);
      assert.ok(stderr.startsWith(`windrose: ${error}. ${remedy}`), stderr);
    });
  }
});

test('CONTROL_BUSY: a gateway that has all the connections it takes is told to run, and answers once they are gone', async () => {
  const path = join(folder, 'busy.sock');
  const control = await ControlSocket.listen(path, (_, response) => void response.end('{}'));
  const silent = Array.from({ length: 40 }, () => connect(path).on('error', () => {}));
  await new Promise((resolve) => setTimeout(resolve, 100));
  const asked = await windrose('show', 'sessions', '--socket', path);
  assert.equal(asked.code, 1);
  assert.match(
    asked.stderr,
    /^windrose: the gateway behind \S+ runs, and closed the connection before its answer \(\w+\)\. Ask again/,
  );
  for (const one of silent) one.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.doesNotMatch((await windrose('show', 'sessions', '--socket', path)).stderr, /closed the connection/);
  await control.stop();
});
