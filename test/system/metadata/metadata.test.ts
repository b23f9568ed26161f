import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import type { MetadataRow } from '../../../src/types/showObjects.js';
import { windrose } from '../../cli/program.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, cloudWorkers, guestOf } from '../support/cloud.js';
import { readIpv4 } from '../support/packets.js';
import { eventually } from '../support/scenario.js';
import type { Captured } from '../support/wire.js';
import { ask, curl, HOLD } from './ask.js';
import { Endpoint, LARGE } from './endpoint.js';

const GUESTS = [
  guestOf('a1', 'h1', '0a:11', '10.0.0.11'),
  guestOf('t1', 'h1', '0d:11', '10.0.0.11'),
  guestOf('a2', 'h2', '0a:12', '10.0.0.12'),
];
const OBJECTS = scenarioFile('metadata', 'objects.yaml');
const SECRET = 'something that only the two know';
const FORGED = [
  'X-Forwarded-For: 10.0.0.99',
  'X-Instance-ID: somebody-else',
  'X_Instance_ID: somebody-else',
  'X-Instance-ID-Signature: 00',
  'X-Tenant-ID: somebody-else',
  'x-neutron-router-id: other',
  'Forwarded: for=10.0.0.99',
  'Connection: X-Neutron-Network-ID',
].flatMap((header) => ['-H', header]);

/** What of frames of the fabric has to do with metadata: inner packets to or from the metadata address, or the provider's range. */
function metadataIn(frames: readonly Captured[]): string[] {
  return frames.flatMap(({ frame }) => {
    const text = Buffer.from(frame).toString('latin1');
    const found = ['\xa9\xfe\xa9\xfe', '\x64\x64\x00'].filter((octets) => text.includes(octets));
    return found.length === 0 ? [] : [JSON.stringify(readIpv4(frame))];
  });
}

for (const workers of cloudWorkers(1, 2)) {
  test(`F73 metadata of two tenants with the same addresses, by ${workers} workers`, {
    skip: netnsSkipReason(),
    timeout: 120_000,
  }, async (t) => {
    const keys = (folder: string) =>
      `metadata: { endpoint: "unix:${folder}/meta.sock", secretFile: ${folder}/secret, newPerSecond: 200 }`;
    const cloud = new Cloud(['h1', 'h2'], GUESTS, false, keys, workers);
    const socket = join(cloud.folder, 'meta.sock');
    const secretFile = join(cloud.folder, 'secret');
    const endpoint = new Endpoint();
    const answer = async (guest: string, path: string, args: readonly string[] = []) => {
      const { status, body } = await ask(cloud, guest, path, args);
      assert.equal(status, 200, body);
      return JSON.parse(body) as { method: string; url: string; headers: Record<string, string>; body: string };
    };
    try {
      writeFileSync(secretFile, `${SECRET}\n`, { mode: 0o640 });
      cloud.apart = true;
      await endpoint.listen(socket);
      await cloud.start(OBJECTS);
      const fabric = ['h1', 'h2'].map((host) => cloud.wire(host));

      await t.test('each guest is known as who it is, whatever it says', async () => {
        const networks = { a1: ['blue', 'r'], t1: ['twin', 'rt'], a2: ['blue', 'r'] } as const;
        for (const [guest, [network, router]] of Object.entries(networks)) {
          const { url, headers } = await answer(guest, '/latest/meta-data/?a=b', FORGED);
          assert.equal(url, '/latest/meta-data/?a=b');
          const signature = createHmac('sha256', SECRET)
            .update(guest === 't1' ? 'i-7' : guest)
            .digest('hex');
          const known = Object.entries(headers).filter(([name]) => name.startsWith('x'));
          assert.deepEqual(Object.fromEntries(known), {
            'x-forwarded-for': guest === 'a2' ? '10.0.0.12' : '10.0.0.11',
            'x-instance-id': guest === 't1' ? 'i-7' : guest,
            'x-instance-id-signature': signature,
            'x-neutron-network-id': network,
            'x-neutron-router-id': router,
            ...(guest === 't1' ? { 'x-tenant-id': 'p-7' } : {}),
          });
          assert.equal(headers.forwarded, undefined);
        }
      });

      await t.test('bodies go both ways whole, and a connection serves several requests', async () => {
        const url = 'http://169.254.169.254';
        const large = await curl(cloud, 't1', ['-o', '/dev/null', '-w', '%{http_code} %{size_download}\n', `${url}/large`]);
        assert.equal(large.body, `200 ${LARGE}`);
        const file = join(cloud.folder, 'body');
        const body = Buffer.alloc(1_000_000, 'b');
        writeFileSync(file, body);
        const put = await answer('a1', '/password', ['-T', file]);
        assert.deepEqual([put.method, put.body], ['PUT', createHash('sha256').update(body).digest('hex')]);
        const chunked = await answer('a1', '/password', ['-T', file, '-H', 'Transfer-Encoding: chunked']);
        assert.equal(chunked.body, put.body);
        writeFileSync(file, Buffer.alloc(1_100_000));
        assert.equal((await ask(cloud, 'a1', '/password', ['-T', file])).status, 413);
        const twice = ['-o', '/dev/null', '-o', '/dev/null', '-w', '%{num_connects}\n', `${url}/one`, `${url}/two`];
        assert.equal((await curl(cloud, 'a1', twice)).body, '1\n0');
      });

      await t.test('a port takes no more connections than its share, and nobody elses', async () => {
        const holder = cloud.sandbox.start(cloud.netns('a1'), ['python3', '-c', HOLD, '100']);
        const open = await new Promise<string>((resolve) => holder.stdout!.once('data', (data: Buffer) => resolve(String(data))));
        assert.equal(Number(open), 16);
        assert.notEqual((await ask(cloud, 'a1', '/x', [], 3)).code, 0);
        for (let i = 0; i < 20; i++) await answer('t1', '/x');
        holder.kill('SIGKILL');
        await eventually(
          () => ask(cloud, 'a1', '/x', [], 3),
          ({ status }) => status === 200,
        );
      });

      await t.test('an endpoint that is away is told in a sentence, at once', async () => {
        await endpoint.close();
        const away = await ask(cloud, 'a1', '/x');
        assert.deepEqual([away.status, away.body.trim()], [503, 'The metadata service of this cloud cannot be reached.']);
        await eventually(
          () => cloud.process('h1').stdout,
          (log) => log.includes('metadata endpoint does not answer as it should'),
        );
        await endpoint.listen(socket);
        await answer('a1', '/x');
        await eventually(
          () => cloud.process('h1').stdout,
          (log) => log.includes('metadata endpoint answers'),
        );
      });

      await t.test('it is listed and counted', async () => {
        const rows = (await getJson(cloud.socket('h1'), '/v1/show/metadata')) as MetadataRow[];
        assert.deepEqual(
          rows.map(({ port, address, instance, status }) => [port, address, instance, status]),
          [
            ['a1', '10.0.0.11', 'a1', 200],
            ['t1', '10.0.0.11', 'i-7', 200],
          ],
        );
        const { body: metrics } = await curl(cloud, 'h1', [String(cloud.process('h1').readyLine()?.metrics)]);
        assert.match(metrics, /windrose_metadata_requests_total{outcome="unreachable"} 1\n/);
        assert.match(metrics, /windrose_metadata_connections_refused_total{reason="connections"} 8\d\n/);
        assert.match(metrics, /windrose_metadata_endpoint_up 1\n/);
      });

      await t.test('of two routers on a network the one that is asked is named, although it is on another host', async () => {
        cloud.change(
          `${OBJECTS}  - { name: rc, distributed: false, interfaces: [{ name: qr-c, subnet: blue4, address: 10.0.0.9 }] }\n`,
        );
        const routerOf = async (guest: string) => (await answer(guest, '/x')).headers['x-neutron-router-id'];
        for (const guest of ['a1', 'a2']) {
          assert.equal(await routerOf(guest), 'r');
          cloud.on(guest, 'ip route add 169.254.169.254 via 10.0.0.9');
          // Until both hosts have read the objects nobody answers there.
          await eventually(
            () => ask(cloud, guest, '/x', [], 2),
            ({ status }) => status === 200,
          );
          assert.equal(await routerOf(guest), 'rc');
          cloud.on(guest, 'ip route del 169.254.169.254');
        }
        const { stdout } = await windrose('show', 'routers', '--socket', cloud.socket('h2'));
        assert.match(stdout, /^rc .* h1\b/m);
        cloud.change(OBJECTS);
      });

      await t.test('a guest reaches nothing else of the host', async () => {
        const proxy = 'http://100.100.0.1:9697/';
        for (const url of [proxy, 'http://100.100.0.1/', 'http://169.254.169.254:9697/', 'http://169.254.169.254:22/'])
          assert.notEqual((await curl(cloud, 'a1', [url], 1)).code, 0, url);
        // Nor does anybody reach the proxy by another device, or from the host itself.
        cloud.on('h2', 'ip route add 100.100.0.1 via 192.0.2.1');
        for (const from of ['h1', 'h2']) assert.notEqual((await curl(cloud, from, [proxy], 1)).code, 0);
      });

      await t.test('another secret with the next SIGHUP; the old one goes on when it cannot be read', async () => {
        const signed = async (secret: string) =>
          (await answer('a1', '/x')).headers['x-instance-id-signature'] ===
          createHmac('sha256', secret).update('a1').digest('hex');
        writeFileSync(secretFile, 'another\n');
        cloud.process('h1').child.kill('SIGHUP');
        await eventually(
          () => signed('another'),
          (yes) => yes,
        );
        for (const host of ['h1', 'h2'])
          assert.ok(!cloud.process(host).stdout.includes('another\\n') && !cloud.process(host).stdout.includes(SECRET));
      });

      await t.test('a proxy that dies is replaced', async () => {
        const children = cloud.sandbox
          .run(undefined, ['pgrep', '-P', String(cloud.process('h1').child.pid)])
          .trim()
          .split('\n');
        assert.equal(children.length, 1);
        process.kill(Number(children[0]), 'SIGKILL');
        await eventually(
          () => cloud.process('h1').stdout,
          (log) => log.includes('metadata proxy ended'),
        );
        await answer('a1', '/x');
      });

      await t.test('nothing of all that was on the fabric, where other packets with such octets are seen', () => {
        assert.ok(endpoint.asked.length > 20);
        for (const wire of fabric) assert.deepEqual(metadataIn(wire.collect()), []);
        cloud.on('a1', 'ping -c 1 -W 2 -p a9fea9fe 10.0.0.12');
        for (const wire of fabric) assert.notDeepEqual(metadataIn(wire.collect()), []);
      });

      await t.test('a gateway that ends leaves no TAP and no process behind', async () => {
        const left = (host: string) => cloud.on(host, 'ip -o link').includes('wr-meta');
        const child = cloud.sandbox.run(undefined, ['pgrep', '-P', String(cloud.process('h1').child.pid)]).trim();
        assert.deepEqual([left('h1'), left('h2')], [true, true]);
        cloud.process('h1').child.kill('SIGKILL');
        await cloud.process('h1').ended;
        await eventually(
          () => [left('h1'), isAlive(Number(child))],
          ([device, alive]) => !device && !alive,
        );
        await cloud.stop();
        assert.equal(left('h2'), false);
      });
    } finally {
      await endpoint.close();
      cloud.close();
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
