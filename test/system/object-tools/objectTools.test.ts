import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { getJson } from '../../../src/cli/controlClient.js';
import { EtcdStore } from '../../../src/store/etcd.js';
import type { LportRow } from '../../../src/types/showObjects.js';
import { windrose } from '../../cli/program.js';
import { EtcdProcess, etcdSkipReason } from '../../store/etcdProcess.js';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud } from '../support/cloud.js';
import { eventually } from '../support/scenario.js';

describe('objects in an etcd', { skip: etcdSkipReason() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'windrose-tools-'));
  let etcd: EtcdProcess;
  before(async () => {
    etcd = await EtcdProcess.start();
  });
  after(() => {
    etcd?.close();
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const storeOf = (prefix: string): string => `{ etcd: { endpoints: ["${etcd.endpoint}"], prefix: ${prefix} } }`;
  /** A configuration by which a store is reached; no gateway runs by it. */
  const at = (prefix: string): readonly [string, string] => [
    '--config',
    write('at.yaml', `name: tool\nifaces: []\nhost: { name: nobody }\nstore: ${storeOf(prefix)}\n`),
  ];
  /** All keys but those of the moment, with their values. */
  const keysOf = async (prefix: string): Promise<string[]> => {
    const store = new EtcdStore(etcd.access({ prefix }));
    const { items } = await store.range('');
    await store.close();
    return items.filter(({ key }) => key !== 'meta/objects').map(({ key, value }) => `${key} ${value}`);
  };

  test('what is restored into an empty store is the same, key for key, with the MACs that were drawn', async () => {
    const file = write('objects.yaml', scenarioFile('object-tools', 'objects.yaml').replaceAll('@', ''));
    assert.equal((await windrose('apply', file, ...at('/first/'))).code, 0);
    const backup = await windrose('get', ...at('/first/'));
    assert.equal(backup.code, 0, backup.stderr);
    const restored = await windrose('apply', write('backup.yaml', backup.stdout), ...at('/second/'));
    assert.deepEqual([restored.code, restored.stderr], [0, '']);
    assert.deepEqual(await keysOf('/second/'), await keysOf('/first/'));
    assert.equal((await windrose('diff', file, ...at('/second/'))).code, 0);
  });

  test('an etcd that is not there, and one that denies, are told with what to do', async () => {
    const file = write(
      'away.yaml',
      'name: t\nifaces: []\nhost: { name: h1 }\nstore: { etcd: { endpoints: ["http://127.0.0.1:1"] } }\n',
    );
    const { code, stderr } = await windrose('get', '--config', file);
    assert.equal(code, 1);
    assert.match(stderr, /the store at http:\/\/127\.0\.0\.1:1 does not answer .*etcdctl endpoint health/);
  });

  test('two that change the same cloud at the same time: a network is not removed under a port that comes', async () => {
    const base = 'networks: [{ name: n, type: local }]\nsubnets: [{ name: s, network: n, cidr: 10.0.0.0/24 }]\n';
    const port = write('p.yaml', 'lports: [{ name: p, network: n }]\n');
    for (let i = 0; i < 5; i++) {
      await windrose('apply', write('base.yaml', base.split('\n')[0]!), ...at('/race/'));
      const [added, removed] = await Promise.all([
        windrose('apply', port, '--merge', ...at('/race/')),
        windrose('delete', 'network', 'n', ...at('/race/')),
      ]);
      assert.deepEqual([added.code, removed.code].sort(), [0, 1], `${added.stderr}${removed.stderr}`);
    }
  });

  test('more ports than a request may have are applied in steps, read, compared and removed', { timeout: 180_000 }, async (t) => {
    const [ports, nets] = [5000, 200];
    const lines = [
      'hosts:',
      ...Array.from({ length: 100 }, (_, h) => `  - { name: h${h}, vtep: 10.255.1.${h + 1} }`),
      'networks:',
    ];
    for (let n = 0; n < nets; n++) lines.push(`  - { name: net-${n}, type: vxlan, id: ${n + 1} }`);
    lines.push('subnets:');
    for (let n = 0; n < nets; n++) lines.push(`  - { name: sub-${n}, network: net-${n}, cidr: 10.${n}.0.0/16 }`);
    const few = `${[...lines, 'lports: []'].join('\n')}\n`;
    lines.push('lports:');
    for (let p = 0; p < ports; p++)
      lines.push(
        `  - { name: port-${p}, network: net-${p % nets}, addresses: [10.${p % nets}.1.${1 + Math.floor(p / nets)}], host: h${p % 100}, tap: tap${p} }`,
      );
    const timed = async (...words: string[]) => {
      const begun = performance.now();
      const ended = await windrose(...words, ...at('/large/'));
      t.diagnostic(`${words[0]}: ${Math.round(performance.now() - begun)} ms`);
      return ended;
    };
    const applied = await timed('apply', write('large.yaml', `${lines.join('\n')}\n`));
    assert.deepEqual([applied.code, applied.stderr], [0, '']);
    assert.match(applied.stdout, /^revision \d+, in \d+ steps: it was too large for one$/m);
    const backup = await timed('get');
    assert.equal((await timed('diff', write('large-backup.yaml', backup.stdout))).code, 0);
    assert.match((await timed('delete', 'lport', 'port-7')).stdout, /^- lport port-7\nrevision \d+\n$/);
    const gone = await timed('apply', write('few.yaml', few), '--yes');
    assert.deepEqual([gone.code, gone.stderr], [0, '']);
    assert.deepEqual(
      (await keysOf('/large/')).filter((key) => /^(port|ip|mac|hostport)\//.test(key)),
      [],
    );
  });

  test('a gateway and its neighbour follow what is done to single objects at either, or at neither', {
    skip: netnsSkipReason(),
    timeout: 90_000,
  }, async () => {
    const cloud = new Cloud(['h1', 'h2'], []);
    try {
      cloud.sharedStore = storeOf('/cloud/');
      const objects = scenarioFile('object-tools', 'objects.yaml')
        .replaceAll('@', '')
        .replaceAll(/, tap: [^}]*/g, '');
      await cloud.start(objects);
      const ports = async (host: string): Promise<string> =>
        ((await getJson(cloud.socket(host), '/v1/show/lports')) as LportRow[])
          .map((row) => `${row.name}@${row.host}`)
          .sort()
          .join(' ');
      const both = (wanted: string) =>
        Promise.all(
          ['h1', 'h2'].map((host) =>
            eventually(
              () => ports(host),
              (told) => told === wanted,
            ),
          ),
        );
      const run = (host: string, ...words: string[]) => windrose(...words, '--socket', cloud.socket(host));
      assert.equal((await cloud.apply('h1', objects)).code, 0);
      await both('a1@h1 a2@h2 a3@h3');
      const port = write('port.yaml', 'lports: [{ name: a4, network: blue, addresses: [10.0.0.14], host: h2 }]\n');
      assert.equal((await run('h2', 'apply', port, '--merge')).code, 0);
      await both('a1@h1 a2@h2 a3@h3 a4@h2');
      assert.equal((await windrose('delete', 'lport', 'a2', 'a4', ...at('/cloud/'))).code, 0);
      await both('a1@h1 a3@h3');
      const left = await run('h1', 'delete', 'host', 'h3');
      assert.match(left.stdout, /^- host h3\n~ lport a3 host: h3 \(removed\)\n/);
      await both('a1@h1 a3@');
      assert.ok(
        (await keysOf('/cloud/')).every((key) => !key.split(' ')[0]!.split('/').includes('h3')),
        'no trace of it',
      );
      // Its own host, from beside it: it stays, without networks, and says so.
      assert.equal((await windrose('delete', 'host', 'h2', '--force', ...at('/cloud/'))).code, 0);
      const said = '"msg":"this host is no more among the objects; it forwards nothing of networks"';
      await eventually(() => cloud.process('h2').stdout.includes(said), Boolean);
      const host = write('host.yaml', 'hosts: [{ name: h2, vtep: 192.0.2.2 }]\n');
      const macs = async (): Promise<string> => JSON.stringify(await getJson(cloud.socket('h1'), '/v1/show/hostmacs'));
      assert.ok(!(await macs()).includes('h2'));
      assert.equal((await run('h1', 'apply', host, '--merge')).code, 0);
      await eventually(macs, (told) => /"h2","mac_address":"fa:16:3f/.test(told));
      await cloud.stop();
    } finally {
      cloud.close();
    }
  });
});
