import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { controlApi } from '../../src/control/controlApi.js';
import { ObjectBook } from '../../src/control/dvr/mirror/objectBook.js';
import { NO_NETWORKS } from '../../src/control/dvr/view/hostView.js';
import { hostViewOf } from '../../src/control/dvr/view/hostViewOf.js';
import { gatewayObjects } from '../../src/control/gatewayObjects.js';
import { ControlSocket } from '../../src/control/socket.js';
import { windrose } from '../cli/program.js';
import { objectsText } from '../objects/sample.js';
import { makeGateway } from './made.js';

describe('windrose apply', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-apply-'));
  const path = join(directory, 'gw.sock');
  const file = join(directory, 'objects.yaml');
  const never = async (): Promise<never> => assert.fail('nothing else is changed');
  let book: ObjectBook;
  let socket: ControlSocket;
  /** What the gateway is to be: with objects, or no host. */
  let isHost = true;
  before(async () => {
    const text = `name: gw1\nifaces: []\nhost: { name: h1 }\nstore: { directory: ${join(directory, 'store')} }\n`;
    book = await ObjectBook.open(loadConfig(text, 'gw1.yaml').config!);
    const { shown } = makeGateway();
    const withObjects = {
      ...shown,
      objects: {
        host: 'h1',
        get objects() {
          return book.now.objects;
        },
        get view() {
          return hostViewOf(book.now.objects, { name: 'h1', mac: book.mac, prefix: NO_NETWORKS.hostMacPrefix });
        },
      },
    };
    const gateway = {
      get host() {
        return isHost ? { book } : undefined;
      },
      log: { info: () => {} },
    };
    const objects = gatewayObjects(gateway as never);
    const api = controlApi(withObjects, never as never, { reload: never, count: never, purge: never, activate: never, objects });
    socket = await ControlSocket.listen(path, api);
  });
  after(async () => {
    await socket.stop();
    await book.close();
    rmSync(directory, { recursive: true });
  });
  const apply = (text: string, ...options: string[]) => {
    writeFileSync(file, text);
    return windrose('apply', file, '--socket', path, ...options);
  };

  test('a dry run says what would change, and what it was is still there', async () => {
    const { code, stdout } = await apply(objectsText(), '--dry-run');
    assert.equal(code, 0);
    assert.match(stdout, /^\+ host h1 \(vtep 192\.0\.2\.1; mode dvr\)$/m);
    assert.match(stdout, /^dry run: nothing has changed$/m);
    assert.deepEqual(book.now.objects.hosts, []);
  });

  test('a file of a part, without --merge: the dry run begins with what goes, the rest is kept, --yes and --merge do what they say', async () => {
    const ports = Array.from({ length: 10 }, (_, i) => `{ name: p${i}, network: n }`).join(', ');
    const hosts = 'hosts: [{ name: h1 }]\nnetworks: [{ name: n, type: local }]\n';
    assert.equal((await apply(`${hosts}lports: [${ports}]`)).code, 0);
    const dry = await apply(hosts, '--dry-run');
    assert.match(dry.stdout, /^removes 10 of 12 objects \(lport p0; lport p1; lport p2; \.\.\.\)\n- lport p0\n/);
    const diff = await windrose('diff', file, '--socket', path);
    assert.deepEqual([diff.code, diff.stdout.split('\n')[0]], [1, dry.stdout.split('\n')[0]]);
    const refused = await apply(hosts);
    assert.deepEqual([refused.code, refused.stdout], [1, '']);
    assert.match(
      refused.stderr,
      /^refused: removes 10 of 12 objects .*: --merge adds to what is there .*; --yes where it is meant$/m,
    );
    assert.equal((await book.all()).lports.length, 10);
    assert.match((await apply(hosts, '--merge')).stdout, /^no difference$/m);
    assert.equal((await apply(hosts, '--yes')).code, 0);
    assert.equal((await book.all()).lports.length, 0);
    assert.equal((await apply('hosts: [{ name: h1 }]')).code, 0);
  });

  test('then it is done, and the gateway shows it', async () => {
    const { code, stdout, stderr } = await apply(objectsText());
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^revision \d+$/m);
    const ports = await windrose('show', 'lports', '--socket', path);
    assert.match(ports.stdout, /^a1 +blue +fa:16:3e:\S+ +10\.0\.0\.11 +h1 +UP +-$/m);
    const macs = await windrose('show', 'hostmacs', '--socket', path);
    assert.match(macs.stdout, /^host +mac_address\nh1 +fa:16:3f:\S+\n$/);
    assert.equal((await apply(objectsText())).stdout, 'no difference\n');
  });

  test('faults have their places in the file as it is called, and nothing changes', async () => {
    const { code, stdout, stderr } = await apply(objectsText().replace('10.0.0.11', '10.0.9.11'));
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /^objects\.yaml:11:44 lports\[0\]\.addresses\[0\]: 10\.0\.9\.11 is in no subnet of network blue\n {4}Subnets: /,
    );
    assert.match(stderr, /were not taken over \(1 error\); nothing has changed/);
    const other = await apply('hosts: [{ name: h7 }]', '-o', 'json');
    assert.equal(other.code, 1);
    assert.deepEqual(JSON.parse(other.stdout).refused, [
      'this host, h1, is not among the hosts (h7); keep it under hosts, or stop this gateway if the host is to go',
    ]);
    assert.equal(book.now.objects.lports.length, 3);
  });

  test('a difference of each kind', async () => {
    const text = objectsText()
      .replace('10.0.0.11', '10.0.0.12')
      .replace(/^.*name: a9.*\n/m, '  - { name: c, network: blue }\n');
    const { stdout } = await apply(text);
    assert.deepEqual(
      stdout
        .split('\n')
        .slice(0, 3)
        .map((line) => line.replace(/ \(.*/, '')),
      ['- lport a9', '~ lport a1 addresses: 10.0.0.11 -> 10.0.0.12', '+ lport c'],
    );
  });

  test('a file that is not there, and a gateway that is no host', async () => {
    const none = await windrose('apply', join(directory, 'none'), '--socket', path);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^windrose: the file of objects .*none cannot be read: there is no such file, ENOENT/);
    isHost = false;
    const { code, stderr } = await apply(objectsText());
    isHost = true;
    assert.equal(code, 1);
    assert.match(stderr, /^refused: this gateway is no host of distributed routers.*\n.*\(1 refused\)/);
  });

  test('a body that is no text, or too large, is refused', async () => {
    const post = (body: Buffer): Promise<number> =>
      new Promise((resolve) => {
        const asked = request({
          socketPath: path,
          path: '/v1/apply',
          method: 'POST',
          headers: { 'content-length': body.length },
        });
        asked.on('response', (response) => resolve(response.resume().statusCode!));
        // A server that does not want the rest closes: its answer came first.
        asked.on('error', () => {});
        asked.end(body);
      });
    assert.equal(await post(Buffer.from([0xff, 0xfe])), 400);
    assert.equal(await post(Buffer.alloc(16 * 1024 * 1024 + 1, 0x20)), 413);
  });
});
