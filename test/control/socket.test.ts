import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { controlApi, type Operations } from '../../src/control/controlApi.js';
import { ControlSocket, groupId } from '../../src/control/socket.js';
import { windrose } from '../cli/program.js';
import { addSession, makeGateway } from './made.js';

const directory = mkdtempSync(join(tmpdir(), 'windrose-socket-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const path = (name: string): string => join(directory, name);
const nothing = (): void => {};
const report = {
  ok: true,
  configFile: 'x',
  issues: [],
  notes: [],
  begun: false,
  changes: [],
  refused: [],
  generation: 1,
  draining: [],
  lateWorkers: [],
};
/** What the operator asked for, in words. */
const asked: string[] = [];
const operations: Operations = {
  reload: async (dryRun) => {
    asked.push(dryRun ? 'dry reload' : 'reload');
    return { ...report, dryRun };
  },
  count: async (filter) => filter.protocol,
  activate: () => assert.fail(),
  objects: { apply: () => assert.fail(), remove: () => assert.fail(), drain: () => assert.fail(), entries: () => assert.fail() },
  purge: async (filter) => {
    asked.push(`purge protocol ${filter.protocol} sport ${filter.insidePort}`);
    return 7;
  },
};

interface Answered {
  readonly status: number;
  readonly total: string | undefined;
  readonly body: string;
}

function ask(socketPath: string, target: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: target, method, headers }, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode!, total: response.headers['windrose-total'] as string | undefined, body }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('the file of the control socket', () => {
  test('directory made, mode 0660, removed at the end', async () => {
    const file = path('new/deep/gw.sock');
    const socket = await ControlSocket.listen(file, nothing);
    assert.equal(statSync(file).mode & 0o777, 0o660);
    await socket.stop();
    assert.equal(existsSync(file), false);
  });
  test('what a killed gateway left is replaced', async () => {
    const file = path('stale.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script], { timeout: 10_000 });
    assert.ok(existsSync(file), 'the killed process left its socket');
    const socket = await ControlSocket.listen(file, nothing);
    await socket.stop();
  });
  test('one that somebody answers behind is not', async () => {
    const file = path('busy.sock');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(file, resolve));
    await assert.rejects(ControlSocket.listen(file, nothing), { code: 'CONTROL_IN_USE' });
    assert.ok(existsSync(file));
    other.close();
  });
  test('a file that is no socket is left alone', async () => {
    const file = path('file.sock');
    writeFileSync(file, 'precious');
    await assert.rejects(ControlSocket.listen(file, nothing), { code: 'CONTROL_UNWRITABLE', message: /is no socket/ });
    assert.ok(existsSync(file));
  });
  test('a path that cannot be bound says why', async () => {
    await assert.rejects(ControlSocket.listen(path('x'.repeat(120)), nothing), { code: 'CONTROL_UNWRITABLE' });
    await assert.rejects(ControlSocket.listen(path('file.sock/gw.sock'), nothing), {
      code: 'CONTROL_UNWRITABLE',
      message: /ENOTDIR|EEXIST/,
    });
  });
  test('the group is looked up by name', () => {
    const file = path('group');
    writeFileSync(file, 'root:x:0:\nwindrosette:x:7:\nwindrose:x:998:me\nbroken:x::\n');
    assert.equal(groupId('windrose', file), 998);
    assert.equal(groupId('broken', file), undefined);
    assert.equal(groupId('nobody-here', file), undefined);
    assert.equal(groupId('windrose', path('none')), undefined);
  });
});

describe('what the control socket answers', () => {
  const made = makeGateway({ sessions: 4096 });
  for (let i = 0; i < 2500; i++) {
    const session = { protocol: 17, inside: '10.0.1.5', insidePort: i + 1, remote: '192.0.2.1', remotePort: 53 } as const;
    addSession(made, { ...session, zone: 'one', external: '100.10.2.1' });
  }
  const about = { name: 'made', version: '1', node: '20', pid: 1, uptimeSeconds: 5, configFile: 'f', generation: 1, workers: 1 };
  const file = path('api.sock');
  let socket: ControlSocket;
  before(async () => {
    socket = await ControlSocket.listen(
      file,
      controlApi(made.shown, () => about, operations),
    );
  });
  after(() => socket.stop());

  test('info', async () => {
    const { status, body } = await ask(file, '/v1/info');
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(body), { ...about, sessions: 2500, sessionsLimit: 4096 });
  });
  for (const noun of ['ifaces', 'neighbors', 'routes', 'zones', 'pools', 'workers', 'drops', 'config']) {
    test(`${noun} is a list`, async () => assert.ok(Array.isArray(JSON.parse((await ask(file, `/v1/show/${noun}`)).body))));
  }
  test('sessions in pieces, with a limit and the total', async () => {
    const all = await ask(file, '/v1/show/sessions');
    assert.equal((JSON.parse(all.body) as unknown[]).length, 2500);
    const some = await ask(file, '/v1/show/sessions?limit=1000');
    assert.equal((JSON.parse(some.body) as unknown[]).length, 1000);
    assert.equal(some.total, '2500');
    for (const wrong of ['0', '-1', 'x', '1e3', '10000000']) {
      assert.equal((await ask(file, `/v1/show/sessions?limit=${wrong}`)).status, 400, wrong);
    }
  });
  test('the command line says when a listing was cut', async () => {
    const cut = await windrose('show', 'sessions', '--limit', '100', '--socket', file);
    assert.deepEqual([cut.code, cut.stderr], [0, 'windrose: 100 of 2500 sessions; --limit lists more.\n']);
    assert.equal(cut.stdout.trimEnd().split('\n').length, 101);
    const whole = await windrose('show', 'sessions', '-o', 'json', '--socket', file);
    assert.deepEqual([whole.code, whole.stderr], [0, '']);
    const wrong = await windrose('show', 'sessions', '--limit', 'many', '--socket', file);
    const few = await windrose('show', 'sessions', 'proto', 'udp', '--limit', '5000', '--socket', file);
    assert.match(few.stderr, /^0 sessions\n$|^\d+ sessions?: udp \d+\n$/);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /'many' is invalid\. It is a whole number from 1 to 1000000/);
  });
  test('what changes something is a POST, and the rest is not', async () => {
    asked.length = 0;
    for (const target of ['/v1/reload', '/v1/sessions/purge', '/v1/apply']) assert.equal((await ask(file, target)).status, 405);
    for (const target of ['/v1/info', '/v1/show/zones', '/v1/sessions/count'])
      assert.equal((await ask(file, target, 'POST')).status, 405);
    assert.deepEqual(asked, []);
    assert.equal((JSON.parse((await ask(file, '/v1/reload?dry=1', 'POST')).body) as { dryRun: boolean }).dryRun, true);
    assert.equal((await ask(file, '/v1/reload', 'POST')).status, 200);
    assert.deepEqual(JSON.parse((await ask(file, '/v1/sessions/count?proto=udp')).body), { count: 17 });
    const { body } = await ask(file, '/v1/sessions/purge?proto=tcp&sport=80', 'POST');
    assert.deepEqual(JSON.parse(body), { ended: 7 });
    assert.deepEqual(asked, ['dry reload', 'reload', 'purge protocol 6 sport 80']);
    assert.equal((await ask(file, '/v1/sessions/all', 'GET')).status, 404);
  });
  test('selectors that are not understood are 400 with words, and purge nothing', async () => {
    asked.length = 0;
    for (const query of [
      'src=1.1.1',
      'src=1.1.1.0/33',
      'proto=stcp',
      'state=gone',
      'sport=70000',
      'sport=',
      'x=1',
      'src=1.1.1.1&src=1.1.1.2',
    ]) {
      const { status, body } = await ask(file, `/v1/sessions/purge?${query}`, 'POST');
      assert.equal(status, 400, query);
      assert.match((JSON.parse(body) as { error: string }).error, /^("x"|src|proto|state|zone|sport)/);
    }
    assert.deepEqual(asked, []);
  });
  test('a zone that is not there is 404 and said with those that are, and purges nothing', async () => {
    asked.length = 0;
    const { status, body } = await ask(file, '/v1/sessions/purge?zone=nowhere', 'POST');
    assert.equal(status, 404);
    assert.match((JSON.parse(body) as { error: string }).error, /^zone: "nowhere" is no zone this gateway has or had/);
    assert.deepEqual(asked, []);
  });
  test('unknown nouns and paths are 404 with words', async () => {
    for (const target of ['/v1/show/xyz', '/v1/show/constructor', '/v1/show/', '/', '/v2/info']) {
      const { status, body } = await ask(file, target);
      assert.equal(status, 404, target);
      assert.match((JSON.parse(body) as { error: string }).error, /^there is nothing /);
    }
  });
  test('other methods, bodies and oversize are refused', async () => {
    assert.equal((await ask(file, '/v1/info', 'DELETE')).status, 405);
    assert.equal((await ask(file, '/v1/info', 'GET', { 'content-length': '5' })).status, 413);
    assert.equal((await ask(file, '/v1/info', 'GET', { 'transfer-encoding': 'chunked' })).status, 413);
    assert.equal((await ask(file, `/v1/info?${'x'.repeat(8000)}`)).status, 431);
  });
  test('a client that does not finish its request is shown out, and nobody waits for it', { timeout: 20_000 }, async () => {
    const slow = connect(file);
    slow.on('error', nothing);
    const gone = new Promise<void>((resolve) => slow.on('close', () => resolve()));
    slow.write('GET /v1/info HTTP/1.1\r\nhost: x\r\n');
    slow.resume();
    assert.equal((await ask(file, '/v1/info')).status, 200);
    await gone;
  });
  test('a client that does not read does not stop the others, nor the end', { timeout: 10_000 }, async () => {
    const lazy = connect(file);
    lazy.on('error', nothing);
    lazy.pause().write('GET /v1/show/sessions HTTP/1.1\r\nhost: x\r\n\r\n');
    assert.equal((await ask(file, '/v1/info')).status, 200);
    const other = await ControlSocket.listen(
      path('lazy.sock'),
      controlApi(made.shown, () => about, operations),
    );
    const reader = connect(path('lazy.sock'));
    reader.on('error', nothing);
    reader.pause();
    reader.write('GET /v1/show/sessions HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await other.stop();
    lazy.destroy();
    reader.destroy();
  });
});

test('who may not write the directory is told so', {
  skip: process.getuid?.() === 0 ? 'root may write everywhere' : false,
}, async () => {
  chmodSync(directory, 0o500);
  await assert.rejects(ControlSocket.listen(path('denied.sock'), nothing), { code: 'CONTROL_UNWRITABLE', message: /EACCES/ });
  chmodSync(directory, 0o700);
});
