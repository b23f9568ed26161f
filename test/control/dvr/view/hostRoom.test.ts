import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadConfig } from '../../../../src/config/load.js';
import { type Built, buildSnapshot } from '../../../../src/control/buildSnapshot.js';
import { snatHostsOf } from '../../../../src/control/dvr/placement/snatPlacement.js';
import { hostViewOf } from '../../../../src/control/dvr/view/hostViewOf.js';
import { RoomBook } from '../../../../src/control/dvr/view/roomBook.js';
import { StateIndex } from '../../../../src/control/stateIndex.js';
import type { Objects, RouterObject } from '../../../../src/objects/model.js';
import { allocateState, stateOf } from '../../../../src/tables/state.js';
import { ip, lport, mac } from '../../../support/dvrSample.js';
import { floatingIp } from '../../../support/floatingSample.js';
import { gateway, snatSample, zone } from '../../../support/snatSample.js';

const SLOTS = { physnet: () => 1, physnets: [1], vxlan: 20, gre: 21, macRefreshMs: 0 };

const macOf = (kind: number, i: number) => Uint8Array.of(0xfa, 0x16, 0x3e, kind, i >> 8, i & 255);

/** A cloud with so many routers, each with a network, a gateway and a zone, and all SNAT services on host n. */
function cloud(routers: number): Objects {
  const all = Array.from({ length: routers }, (_, i) => i);
  const [network] = snatSample.networks;
  const [subnet] = snatSample.subnets;
  const [router] = snatSample.routers;
  const [rif] = snatSample.rifs;
  return {
    ...snatSample,
    hosts: snatSample.hosts.filter(({ name }) => name === 'n'),
    networks: [...snatSample.networks.slice(2), ...all.map((i) => ({ ...network!, name: `n${i}`, id: 1000 + i }))],
    subnets: [...snatSample.subnets.slice(2), ...all.map((i) => ({ ...subnet!, name: `s${i}`, network: `n${i}` }))],
    lports: [],
    routers: all.map((i) => {
      const address = `172.16.${i >> 8}.${i & 255}`;
      const zones = [zone('0.0.0.0/0', [address])];
      return { ...router!, name: `r${i}`, gateways: [{ ...gateway, address: ip(address), mac: macOf(1, i), zones }] };
    }),
    rifs: all.map((i) => ({
      ...rif!,
      ...{ name: `qr-${i}`, router: `r${i}`, subnet: `s${i}`, mac: macOf(2, i) },
      snat: { address: rif!.snat!.address, mac: macOf(3, i) },
    })),
    floatingIps: [],
  };
}

/** Host n, with room for so many local addresses. */
function host(addresses: number) {
  const sizes = { workers: 1, sessions: 64, neighbors: 64, addresses, hosts: 64 };
  const index = new StateIndex(stateOf(allocateState(sizes, { k0: 1, k1: 2 }), 0).ports);
  const lines: string[] = [];
  const note = (about: { leftOut?: string[]; remedy?: string }, sentence: string): void => {
    lines.push(about.leftOut === undefined ? sentence : `${about.leftOut.join()}; ${about.remedy}`);
  };
  const log = { info: note, warn: note } as never;
  const config = loadConfig('name: g\nifaces: []\nhost: { name: n }\n', 'g.yaml').config!;
  const room = new RoomBook(index, 'n', log, false);
  let built: Built | undefined;
  /** The host goes by these objects: it builds all tables. */
  const use = (objects: Objects): Built => {
    const self = { name: 'n', mac: mac('fa:16:3f:00:00:01'), prefix: { mac: mac('fa:16:3f:00:00:00'), octets: 3 } } as const;
    const view = hostViewOf(objects, self, [], undefined, snatHostsOf(objects), built?.view.numbers.remembered);
    built = buildSnapshot(config, [], index, 1, 1, [], built, room.fit(view, config), SLOTS);
    return built;
  };
  return { index, room, lines, use };
}

const left = ({ room }: ReturnType<typeof host>): string[] => room.turnedAway.map(({ kind, name }) => `${kind} ${name}`).sort();

describe('a host and what a cloud holds', () => {
  test('1,000 routers with gateways and zones find room on one host, by default', () => {
    const n = host(1024);
    const { view, rifs } = n.use(cloud(1000));
    assert.deepEqual([view.services.length, view.routers.length, rifs.length, n.lines], [1000, 1000, 3000, []]);
    // Each with those that its own subnet has for certain, and not with each other.
    assert.ok(view.neighbors.length <= 4000, `${view.neighbors.length} neighbours`);
  });

  test('of more routers than there are zones the rest waits', () => {
    const n = host(2048);
    const { view } = n.use(cloud(1100));
    assert.equal(view.services.length, 1023);
    assert.ok(n.room.turnedAway.every(({ table, limit }) => table === 'zones' && limit === 1023));
  });

  test('too many local addresses: the routers beyond have no SNAT service here, the others do, and it is said once', () => {
    const n = host(4);
    const { view, snapshot } = n.use(cloud(6));
    assert.deepEqual(
      [view.services.map(({ router }) => router), left(n)],
      [
        ['r0', 'r1', 'r2', 'r3'],
        ['service r4', 'service r5'],
      ],
    );
    assert.equal(view.routers.length, 6);
    assert.equal(snapshot.routers.zones.length > 6, true);
    n.use(cloud(6));
    assert.deepEqual(n.lines, [
      'service r4,service r5; raise limits.localAddresses and restart, or let more hosts have SNAT services (mode dvr_snat)',
    ]);
  });

  test('what was there keeps its room, and what waits is taken in when there is some again', () => {
    const n = host(4);
    n.use(cloud(4));
    const more = cloud(6);
    // Those that come are first by name.
    const renamed: Objects = {
      ...more,
      routers: more.routers.map((one) => ({ ...one, name: one.name.replace(/r([45])/, 'a$1') })),
      rifs: more.rifs.map((one) => ({ ...one, router: one.router.replace(/r([45])/, 'a$1') })),
    };
    n.use(renamed);
    assert.deepEqual(left(n), ['service a4', 'service a5']);
    assert.ok(!n.room.mayFitMore);
    const fewer = { ...renamed, routers: renamed.routers.slice(1), rifs: renamed.rifs.slice(1) };
    n.use(fewer);
    assert.deepEqual(left(n), ['service a4', 'service a5'], 'the address of r0 is in use, for all that is known');
    n.index.forgetAddress(more.routers[0]!.gateways[0]!.address);
    assert.ok(n.room.mayFitMore);
    n.use(fewer);
    assert.deepEqual(left(n), ['service a5']);
    n.use({ ...fewer, routers: fewer.routers.slice(0, 3), rifs: fewer.rifs.slice(0, 3) });
    assert.deepEqual([left(n), n.lines.at(-1)], [[], 'this host has room for all objects that concern it']);
  });

  test('more than all tables have room for: router interfaces, ports, floating IPs with MACs of their own', () => {
    const whole = cloud(2900);
    const noZones = (one: RouterObject) => ({ ...one, gateways: one.gateways.map((each) => ({ ...each, zones: [] })) });
    const objects = { ...whole, routers: whole.routers.map(noZones) };
    const n = host(64);
    const built = n.use(objects);
    assert.ok(built.rifs.length <= 8192 && left(n).length > 0);
    assert.ok(left(n).every((one) => one.startsWith('service')));
    const ports = Array.from({ length: 1030 }, (_, i) => lport(`p${1000 + i}`, 'n0', '02:00:00:00:00:00', '10.0.0.9', 'n'));
    const [external, ...rest] = objects.networks;
    const late: Objects = {
      ...objects,
      networks: [{ ...external!, floatingMac: 'perFip' }, ...rest],
      lports: ports.map((one, i) => ({ ...one, mac: macOf(4, i) })),
      floatingIps: [floatingIp('172.17.0.1', 'p1000', '10.0.0.9', { router: 'r0' })],
    };
    const { view } = n.use(late);
    assert.equal(view.lports.length, 1024);
    assert.deepEqual(
      left(n).filter((one) => !one.startsWith('service')),
      ['floating IP 172.17.0.1', ...[24, 25, 26, 27, 28, 29].map((i) => `port p20${i}`)],
    );
    assert.ok(!view.exits.some(({ floating }) => floating.length > 0));
  });
});
