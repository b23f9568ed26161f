import assert from 'node:assert/strict';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { scenarioFile } from '../support/bed.js';
import { INTERNET, M, NorthSouth } from '../support/northSouth.js';
import { eventually } from '../support/scenario.js';

const distributed = scenarioFile('snat', 'objects.yaml');
const down = distributed.replace('- name: r\n', '- name: r\n    adminUp: false\n');
const central = distributed
  .replace('- name: r\n', '- name: r\n    distributed: false\n')
  .replaceAll(/, snat: [\d.]+, snatMac: "[^"]+"/g, '');

test('a router goes from distributed to one host and back', { skip: netnsSkipReason(), timeout: 120_000 }, async (t) => {
  const world = new NorthSouth();
  const { cloud } = world;
  try {
    await world.start();
    const ping = (to: string): string => cloud.on('a2', ['sh', '-c', `ping -n -c 1 -W 1 ${to} 2>&1 || true`]);
    const answered = (to: string) =>
      eventually(
        () => ping(to),
        (out) => out.includes('1 received'),
        15_000,
      );
    /** What crossed for a ping to b1 on another host: who sent it with which MACs. */
    const way = (): string[] => {
      world.watch('fab-h1', 'fab-h2', 'fab-n');
      assert.match(ping('20.0.0.21'), /1 received/);
      return world
        .seen('fab-h2', 'fab-n')
        .flatMap(({ at, vni, src, dst, to }) => (to === '20.0.0.21' ? [`${at} ${vni} ${src} ${dst}`] : []));
    };
    const apart = [`fab-h2 1002 ${M.d2} ${M.b1}`];

    await t.test('F81 distributed: routed where its sender is', async () => {
      await answered(INTERNET);
      assert.deepEqual(way(), apart);
    });
    await t.test('F81 a change while it is up is refused', async () => {
      const { code, stdout, stderr } = await cloud.apply('h1', central);
      assert.equal(code, 1);
      assert.match(stdout + stderr, /while the router is up/);
    });
    await t.test('F81 down: it routes nothing', async () => {
      cloud.change(down);
      await eventually(
        () => ping('20.0.0.21'),
        (out) => out.includes('0 received'),
        10_000,
      );
    });
    await t.test('F81 on one host: guests ask nobody anew, and go by it, to each other and out', async () => {
      const before = cloud.on('a2', 'ip neigh show 10.0.0.1');
      cloud.change(central);
      await answered('20.0.0.21');
      await answered(INTERNET);
      assert.deepEqual(way(), [`fab-h2 1001 ${M.a2} ${M.gA}`, `fab-n 1002 ${M.gB} ${M.b1}`]);
      assert.match(before, new RegExp(M.gA));
      assert.match(cloud.on('a2', 'ip neigh show 10.0.0.1'), new RegExp(M.gA));
    });
    await t.test('F81 and back', async () => {
      cloud.change(down);
      await eventually(
        () => ping('20.0.0.21'),
        (out) => out.includes('0 received'),
        10_000,
      );
      cloud.change(distributed);
      await answered('20.0.0.21');
      await answered(INTERNET);
      assert.deepEqual(way(), apart);
    });
    await world.stop();
  } finally {
    world.close();
  }
});
