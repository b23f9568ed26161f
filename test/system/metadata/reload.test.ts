import assert from 'node:assert/strict';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, guestOf } from '../support/cloud.js';
import { eventually } from '../support/scenario.js';
import { ask } from './ask.js';
import { Endpoint } from './endpoint.js';

/** Exit code of curl(1): the connection was refused. */
const REFUSED = 7;

test('F73 an endpoint of metadata comes and goes with reloads, behind a TAP in a namespace of its own', {
  skip: netnsSkipReason(),
  timeout: 60_000,
}, async (t) => {
  const cloud = new Cloud(['h1'], [guestOf('a1', 'h1', '0a:11', '10.0.0.11'), guestOf('t1', 'h1', '0d:11', '10.0.0.11')]);
  const endpoint = new Endpoint();
  try {
    const netns = cloud.namespace('meta');
    const secretFile = join(cloud.folder, 'secret');
    writeFileSync(secretFile, 'shared\n', { mode: 0o644 });
    await endpoint.listen({ port: 0, host: '127.0.0.1' });
    await cloud.start(scenarioFile('metadata', 'objects.yaml').replace(/.*name: a2,.*\n/, ''));
    const file = join(cloud.folder, 'h1.yaml');
    const without = readFileSync(file, 'utf8');
    const keys = `endpoint: "http://127.0.0.1:${endpoint.port}", secretFile: ${secretFile}, netns: ${netns}`;
    const use = (text: string): void => {
      writeFileSync(file, text);
      cloud.process('h1').child.kill('SIGHUP');
    };
    const served = () =>
      eventually(
        () => ask(cloud, 'a1', '/x', [], 2),
        ({ status }) => status === 200,
        15_000,
      );
    const taps = () => cloud.on('meta', 'ip -o link').match(/wr-meta-\w+/g) ?? [];

    await t.test('without one a guest is refused at once', async () => {
      const began = performance.now();
      assert.equal((await ask(cloud, 'a1', '/x')).code, REFUSED);
      assert.ok(performance.now() - began < 1000);
      assert.equal((await cloud.drops('h1')).metadata_no_proxy, 1);
    });
    await t.test('a secret that others may read is refused, and nothing has changed', async () => {
      use(without.replace('vtep:', `metadata: { ${keys} }, vtep:`));
      await eventually(
        () => cloud.process('h1').stdout,
        (log) => log.includes('reload refused') && log.includes('has mode 0644, open to others'),
      );
      assert.deepEqual([(await ask(cloud, 'a1', '/x')).code, taps()], [REFUSED, []]);
    });
    await t.test('one that comes serves guests; the TAP is where it is told to be', async () => {
      chmodSync(secretFile, 0o640);
      use(readFileSync(file, 'utf8'));
      await served();
      assert.deepEqual(taps(), ['wr-meta-h1']);
      assert.ok(!cloud.sandbox.run(undefined, 'ip -o link').includes('wr-meta-h1'));
    });
    await t.test('a TAP that is taken away is made anew, with all that is behind it', async () => {
      cloud.on('meta', 'ip link delete wr-meta-h1');
      await served();
      assert.deepEqual(taps(), ['wr-meta-h1']);
    });
    await t.test('another range needs a restart', async () => {
      use(without.replace('vtep:', `metadata: { ${keys}, range: 100.101.0.0/16 }, vtep:`));
      await eventually(
        () => cloud.process('h1').stdout,
        (log) => log.includes('host.metadata.range: 100.100.0.0/16 -> 100.101.0.0/16 needs a restart'),
      );
      assert.equal((await ask(cloud, 'a1', '/x')).status, 200);
    });
    await t.test('one that goes takes TAP and proxy along', async () => {
      use(without);
      await eventually(taps, (left) => left.length === 0);
      assert.equal((await ask(cloud, 'a1', '/x')).code, REFUSED);
      await eventually(
        () => cloud.sandbox.run(undefined, ['sh', '-c', `pgrep -P ${cloud.process('h1').child.pid} || true`]).trim(),
        (children) => children === '',
      );
    });
    await cloud.stop();
  } finally {
    await endpoint.close();
    cloud.close();
  }
});
