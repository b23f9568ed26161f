import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { CounterEvent } from '../../src/shared/counters.js';
import type { Crossing } from '../support/crossing.js';
import { MAC, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { boundTo, migratingTo } from '../support/migrating.js';

/** Orange is a VLAN of the physical network, blue stays VXLAN. */
const objects: Objects = {
  ...sample,
  networks: sample.networks.map((one) =>
    one.name === 'orange' ? { ...one, type: 'vlan', id: 102, physnet: 'physnet1', mtu: 1500 } : one,
  ),
};
const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex');
const b1 = MAC.b1.replaceAll(':', '');
/** RFC 903: request reverse, of and for the MAC, without addresses; with the tag of its VLAN. */
const RARP = `ffffffffffff${b1}81000066` + `80350001080006040003${b1}00000000${b1}00000000`;

/** Steps h1's clock tick by tick for so long; at which tick something crossed. */
function run(w: FabricWorld, ms: number): { at: number; crossing: Crossing }[] {
  const all: { at: number; crossing: Crossing }[] = [];
  for (let at = 100; at <= ms; at += 100) {
    w.on('h1').advance(100);
    w.on('h1').run();
    for (const crossing of w.take()) all.push({ at, crossing });
  }
  return all;
}

describe('MACs of ports on physical networks (F61, dvr.md 5.4)', () => {
  it('are announced by RARP: four times with doubling pauses, then every 20 s give or take a quarter', () => {
    const w = new FabricWorld(objects);
    const seen = run(w, 120_000);
    for (const { crossing } of seen) assert.deepEqual([crossing.kind, hex(crossing.octets)], ['wire', RARP]);
    const pauses = seen.map(({ at }, i) => at - (seen[i - 1]?.at ?? 0)).slice(1);
    assert.deepEqual(pauses.slice(0, 3), [1000, 2000, 4000]);
    for (const pause of pauses.slice(3)) assert.ok(pause >= 15_000 && pause <= 25_000, String(pause));
    assert.ok(pauses.length >= 7);
    const { events } = w.on('h1').state.counters;
    assert.equal(events[CounterEvent.MacAnnouncements], seen.length);
    assert.equal(events[CounterEvent.FramesMade], seen.length);
    assert.deepEqual([w.on('h1').got('b1'), w.on('h1').got('a1')], [[], []], 'ports of this host hear nothing of it');
    w.check();
  });

  it('where no router is only as long as the port is new; none of a port that is down', () => {
    const alone = run(new FabricWorld({ ...objects, rifs: [], routers: [] }), 60_000);
    assert.deepEqual(
      alone.map(({ at }) => at),
      [100, 1100, 3100, 7100],
    );
    const down = { ...objects, lports: objects.lports.map((one) => (one.name === 'b1' ? { ...one, adminUp: false } : one)) };
    assert.deepEqual(run(new FabricWorld(down), 3000), []);
  });

  it('at most 100 a second on a physical network, nobody left out', () => {
    const many: Objects = {
      ...objects,
      lports: Array.from({ length: 45 }, (_, i) => ({
        ...objects.lports.find(({ name }) => name === 'b1')!,
        ...{ name: `p${i}`, mac: Uint8Array.of(0xfa, 0x16, 0x3e, 1, 0, i), addresses: [] },
      })),
    };
    const seen = run(new FabricWorld(many), 900);
    assert.deepEqual(
      [100, 200, 300, 400, 500, 600].map((tick) => seen.filter(({ at }) => at === tick).length),
      [10, 10, 10, 10, 5, 0],
    );
    assert.equal(new Set(seen.map(({ crossing }) => hex(crossing.octets))).size, 45);
  });

  it('of a port that is migrating: by the old host until it is bound to the new one, then by that one alone (2.16)', () => {
    const w = new FabricWorld(migratingTo(objects, 'b1', 'h2'));
    const announcers = (ms: number): string[] => {
      for (let at = 100; at <= ms; at += 100)
        for (const host of w.hosts.values()) {
          host.advance(100);
          host.run();
        }
      return w.take().flatMap(({ from, octets }) => (hex(octets) === RARP ? [from] : []));
    };
    assert.deepEqual(announcers(7500), Array(4).fill('h1'));
    w.use(boundTo(objects, 'b1', 'h2'));
    assert.deepEqual(announcers(7500), Array(4).fill('h2'));
    w.check();
  });

  for (const [what, to] of [
    ['went to another host', { host: 'h2' }],
    ['was down', { adminUp: false }],
  ] as const)
    it(`of a port that ${what} and is back, anew`, () => {
      const w = new FabricWorld(objects);
      run(w, 10_000);
      w.use({ ...objects, lports: objects.lports.map((one) => (one.name === 'b1' ? { ...one, ...to } : one)) });
      assert.deepEqual(run(w, 4000), []);
      w.use(objects);
      assert.equal(run(w, 3500).length, 3, 'at once, after a second, after two more');
    });
});
