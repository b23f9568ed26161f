import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '../../src/config/load.js';
import { controlApi } from '../../src/control/controlApi.js';
import { ObjectBook } from '../../src/control/dvr/mirror/objectBook.js';
import { gatewayObjects } from '../../src/control/gatewayObjects.js';
import { ControlSocket } from '../../src/control/socket.js';
import { EmbeddedStore } from '../../src/store/embedded.js';
import type { Put } from '../../src/store/store.js';
import { windrose } from '../cli/program.js';
import { objectsText } from '../objects/sample.js';
import { makeGateway } from './made.js';

/** The verbs get, diff, apply and delete through a gateway and without one, with a store in a directory. */
const directory = mkdtempSync(join(tmpdir(), 'windrose-verbs-'));
after(() => rmSync(directory, { recursive: true }));
const write = (name: string, text: string): string => {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
};
const objects = write('objects.yaml', objectsText());
const configuration = (store: string): string =>
  `name: gw1\nifaces: []\nhost: { name: h1 }\nstore: { directory: ${join(directory, store)} }\n`;
const lines = (text: string): string[] => text.trimEnd().split('\n');

for (const through of ['a gateway', 'the store'] as const)
  describe(`objects, through ${through}`, () => {
    const path = join(directory, 'gw.sock');
    let place: readonly [string, string];
    let close = async (): Promise<void> => {};
    before(async () => {
      const text = configuration(through.replace(' ', '-'));
      place = ['--config', write('gw1.yaml', text)];
      if (through === 'the store') return;
      place = ['--socket', path];
      const book = await ObjectBook.open(loadConfig(text, 'gw1.yaml').config!);
      const never = async (): Promise<never> => assert.fail('nothing else is asked');
      const tools = gatewayObjects({ host: { book }, log: { info: () => {} } } as never);
      const operations = { reload: never, count: never, purge: never, activate: never, objects: tools };
      const socket = await ControlSocket.listen(path, controlApi(makeGateway().shown, never as never, operations));
      close = async () => {
        await socket.stop();
        await book.close();
      };
    });
    after(() => close());
    const run = (...words: string[]) => windrose(...words, ...place);

    test('diff is 0 for none, 1 for a difference, 2 for what is faulty', async () => {
      const before = await run('diff', objects);
      assert.deepEqual([before.code, before.stderr], [1, '']);
      assert.match(before.stdout, /^\+ host h1 /m);
      assert.equal((await run('apply', objects)).code, 0);
      assert.deepEqual(await run('diff', objects), { code: 0, stdout: '', stderr: '' });
      const faulty = await run('diff', write('faulty.yaml', 'networks: 7\n'));
      assert.equal(faulty.code, 2);
      assert.match(faulty.stderr, /^faulty\.yaml:1:\d+ networks: is the single value 7, not a list$/m);
      assert.equal((await run('diff', join(directory, 'none'))).code, 2);
    });

    test('get is a backup: applied it is no difference, and it has what was drawn', async () => {
      const { code, stdout, stderr } = await run('get');
      assert.deepEqual([code, stderr], [0, '']);
      assert.match(stdout, /^# Objects at revision \d+\. Claims of shared addresses are no part of them/);
      assert.match(stdout, /^ {2}- \{ name: a9, network: blue, mac: "fa:16:3e:\S+", addresses: \[ 10\.0\.0\.19 \] \}$/m);
      assert.deepEqual(await run('diff', write('backup.yaml', stdout)), { code: 0, stdout: '', stderr: '' });
    });

    test('get prints a kind, or objects by their names, as YAML or as JSON', async () => {
      const ports = await run('get', 'lport', 'a1', 'b2', '-o', 'json');
      const { revision, lports, ...rest } = JSON.parse(ports.stdout) as { revision: number; lports: { name: string }[] };
      assert.ok(revision > 0);
      assert.deepEqual([lports.map(({ name }) => name), rest], [['a1', 'b2'], {}]);
      const [heading, , ...nets] = lines((await run('get', 'networks')).stdout);
      assert.match(heading!, /^# Of the networks at revision \d+: apply it with --merge, or all other objects go\.$/);
      assert.deepEqual(nets, [
        'networks:',
        '  - { name: blue, type: vxlan, id: 1001, mtu: 1450 }',
        '  - { name: orange, type: gre, id: 1002, mtu: 1458 }',
      ]);
      const missing = await run('get', 'hosts', 'h1', 'h9');
      assert.deepEqual([missing.code, missing.stdout], [1, '']);
      assert.match(missing.stderr, /^windrose: there are no hosts called h9\. /);
      const kind = await run('get', 'trunks');
      assert.equal(kind.code, 2);
      assert.match(kind.stderr, /there is no kind of objects called "trunks"\. Kinds: hosts, networks/);
    });

    test('apply --merge adds and replaces, and keeps the rest', async () => {
      const port = write('port.yaml', 'lports:\n  - { name: a9, network: blue, addresses: [10.0.0.77] }\n');
      assert.equal((await run('diff', port, '--merge')).stdout, '~ lport a9 addresses: 10.0.0.19 -> 10.0.0.77\n');
      const dry = await run('apply', port, '--merge', '--dry-run');
      assert.deepEqual(lines(dry.stdout).slice(1), ['dry run: nothing has changed']);
      const { stdout, code } = await run('apply', port, '--merge');
      assert.deepEqual([lines(stdout)[0], code], ['~ lport a9 addresses: 10.0.0.19 -> 10.0.0.77', 0]);
      const taken = await run(
        'apply',
        write('x.yaml', '\nlports: [{ name: x, network: blue, addresses: [10.0.0.77] }]\n'),
        '--merge',
      );
      assert.equal(taken.code, 1);
      assert.match(
        taken.stderr,
        /^x\.yaml:2:\d+ lports\[0\]\.addresses\[0\]: 10\.0\.0\.77 is already an address of lport a9, which is there, on/m,
      );
    });

    test('delete removes objects, says first what it would, and refuses what is in use', async () => {
      const dry = await run('delete', 'port', 'a1', 'b2', '--dry-run');
      assert.deepEqual(lines(dry.stdout), ['- lport a1', '- lport b2', 'dry run: nothing has changed']);
      const used = await run('delete', 'network', 'blue');
      assert.deepEqual([used.code, used.stdout], [1, '']);
      assert.deepEqual(lines(used.stderr).slice(0, 2), [
        'refused: network blue has subnet blue4; remove it first',
        'refused: network blue has lports a1, a9; remove them first',
      ]);
      assert.match(used.stderr, /^windrose: the networks were not deleted \(2 refused\); nothing has changed\. /m);
      const host = await run('delete', 'hosts', 'h2');
      assert.deepEqual(lines(host.stdout).slice(0, 2), ['- host h2', '~ lport b2 host: h2 (removed)']);
      const json = await run('delete', 'lports', 'a1', '-o', 'json');
      const { ok, changes } = JSON.parse(json.stdout) as { ok: boolean; changes: string[] };
      assert.deepEqual([ok, changes], [true, ['- lport a1']]);
    });

    test('drain and undrain change that of a host and nothing else; one that never has a service is refused', async () => {
      const refused = await run('drain', 'h1');
      assert.deepEqual([refused.code, refused.stdout], [1, '']);
      assert.match(
        refused.stderr,
        /^refused: host h1 is of mode dvr, and never has what is on one host at a time; to empty it, bind/,
      );
      assert.match(
        (await run('drain', 'h9')).stderr,
        /^refused: there is no host h9; there are h1\nwindrose: host h9 stays as it is \(/m,
      );
      const host = write('host.yaml', 'hosts: [{ name: h1, vtep: 192.0.2.1, mode: dvr_snat, physnets: [p1] }]\n');
      assert.equal((await run('apply', host, '--merge')).code, 0);
      const dry = await run('drain', 'h1', '--dry-run');
      assert.deepEqual(lines(dry.stdout), ['~ host h1 draining: false -> true', 'dry run: nothing has changed']);
      const done = await run('drain', 'h1', '--no-wait');
      assert.deepEqual([lines(done.stdout)[0], done.code], ['~ host h1 draining: false -> true', 0]);
      assert.match(
        (await run('get', 'host', 'h1')).stdout,
        /vtep: 192\.0\.2\.1, mode: dvr_snat, .*physnets: \[ p1 \], draining: true/,
      );
      const again = await run('drain', 'h1');
      assert.match(
        again.stdout,
        through === 'a gateway' ? /^no difference\nh1 is drained: 0 SNAT services moved/ : /^no difference\n$/,
      );
      const ended = await run('undrain', 'h1', '-o', 'json');
      const { ok, changes } = JSON.parse(ended.stdout) as { ok: boolean; changes: string[] };
      assert.deepEqual([ok, changes], [true, ['~ host h1 draining: true -> false']]);
      if (through === 'a gateway') assert.match(ended.stdout, /"the other hosts have stores of their own: do it there too"/);
    });

    test('delete takes as many names as a command line does', async () => {
      const many = Array.from({ length: 500 }, (_, i) => `port-with-a-long-name-${i}`);
      const ports = many.map((name) => `  - { name: ${name}, network: blue }\n`).join('');
      assert.equal((await run('apply', write('many.yaml', `lports:\n${ports}`), '--merge')).code, 0);
      const { stdout, stderr } = await run('delete', 'lports', ...many);
      assert.deepEqual([stderr, lines(stdout).length], ['', many.length + 1]);
    });

    test('the backup makes all of it as it was', async () => {
      const { code } = await run('apply', join(directory, 'backup.yaml'));
      assert.equal(code, 0);
      assert.equal((await run('diff', objects)).code, 0);
    });

    if (through === 'a gateway')
      test('its own host is not deleted through a gateway, and the store of one that runs is its own', async () => {
        const self = await run('delete', 'host', 'h1');
        assert.match(
          self.stderr,
          /^refused: host h1 is this gateway's own; stop it, then delete the host at another one \(or with --config\)\n/,
        );
        const swapped = await windrose('get', '--config', objects);
        assert.match(swapped.stderr, /^windrose: \S+ is a file of objects, not a configuration \(host, store\)\. [^\n]*\n$/);
        const direct = await windrose('get', '--config', join(directory, 'gw1.yaml'));
        assert.equal(direct.code, 1);
        assert.match(direct.stderr, /another process has the store .* open/);
      });
    else {
      test('a dry run leaves the layout of an earlier version; what changes objects upgrades it', async () => {
        const layout = async (puts: readonly Put[] = []): Promise<string> => {
          const store = await EmbeddedStore.open(join(directory, 'the-store'));
          if (puts.length > 0) await store.transact({ puts });
          const [item] = (await store.range('meta/schema')).items;
          await store.close();
          return item!.value;
        };
        await layout([{ key: 'meta/schema', value: '1' }]);
        await run('diff', objects);
        await run('apply', objects, '--dry-run');
        await run('delete', 'lport', 'a9', '--dry-run');
        assert.equal(await layout(), '1');
        await run('delete', 'lport', 'a9');
        assert.equal(await layout(), '2');
      });

      test('a configuration without a store, or a faulty one, is refused; so is one beside a gateway', async () => {
        const none = await windrose(
          'get',
          '--config',
          fileURLToPath(new URL('../../../docs/examples/lab.yaml', import.meta.url)),
        );
        assert.match(none.stderr, /lab\.yaml has no store of objects: it has no "host"/);
        const faulty = await windrose('get', '--config', write('faulty.yaml', 'name: gw2\nifaces: 7\n'));
        assert.deepEqual([faulty.code, /ifaces/.test(faulty.stderr)], [1, true]);
        assert.equal((await windrose('get', '--config', 'x', '--name', 'y')).code, 2);
      });
    }
  });
