import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { CounterEvent } from '../../src/shared/counters.js';
import { decode } from '../support/decode.js';
import { FabricWorld } from '../support/fabric.js';
import { PHYSNET_SLOT } from '../support/fabricHost.js';
import { floatingIp, floatingSample, fromUpstream, withExternal } from '../support/floatingSample.js';
import { arp, eth, packet } from '../support/layers.js';
import { boundTo } from '../support/migrating.js';
import { gateway, SNAT_MAC, snatSample, zone } from '../support/snatSample.js';

/** Orange is a VLAN of the physical network, blue stays VXLAN. */
const withVlan: Objects = {
  ...snatSample,
  networks: snatSample.networks.map((one) =>
    one.name === 'orange' ? { ...one, type: 'vlan', id: 102, physnet: 'physnet1', mtu: 1500 } : one,
  ),
};
const GARP = (address: string, mac: string): string[] => [`1 ${address} ${mac}`, `2 ${address} ${mac}`];

/** Steps all hosts tick by tick for so long: what was announced at which tick, "<operation> <address> <MAC>", or "rarp <vlan> <MAC>". */
function run(w: FabricWorld, ms: number): { at: number; from: string; said: string }[] {
  const all: { at: number; from: string; said: string }[] = [];
  for (let at = 100; at <= ms; at += 100) {
    for (const host of w.hosts.values()) {
      host.advance(100);
      host.run();
    }
    for (const { from, octets } of w.take()) {
      const { eth, arp, vlan } = decode(octets);
      if (arp !== undefined && arp.senderIp === arp.targetIp) {
        assert.deepEqual([eth!.src, eth!.dst], [arp.senderMac, 'ff:ff:ff:ff:ff:ff']);
        assert.equal(arp.targetMac, arp.op === 2 ? arp.senderMac : '00:00:00:00:00:00');
        all.push({ at, from, said: `${arp.op} ${arp.senderIp} ${arp.senderMac}` });
      } else if (vlan?.type === 0x8035) all.push({ at, from, said: `rarp ${vlan.id} ${eth!.src}` });
    }
  }
  return all;
}

function announcing(objects: Objects): FabricWorld {
  const w = new FabricWorld(objects);
  for (const host of w.hosts.values()) host.announce();
  return w;
}

const times = (seen: readonly { at: number; said: string }[], said: string): number[] =>
  seen.flatMap((one) => (one.said === said ? [one.at] : []));

describe('what a SNAT service and an exit have alone (5.4)', () => {
  it('is announced three times a little more than a second apart, and once more after a minute, as question and as answer', () => {
    const w = announcing(snatSample);
    const seen = run(w, 130_000);
    const [question, answer] = GARP('192.168.1.21', SNAT_MAC.q) as [string, string];
    const at = [100, 1200, 2300, 62_300];
    assert.deepEqual([times(seen, question), times(seen, answer), seen.length], [at, at, 8]);
    assert.deepEqual(new Set(seen.map(({ from }) => from)), new Set(['n']));
    // Every host announces the addresses of its configuration as well.
    const counted = (name: string): number => w.on(name).state.counters.events[CounterEvent.ArpAnnouncements]!;
    assert.equal(counted('n') - counted('h1'), 8);
    w.check();
  });

  it('on a VLAN its MAC there is announced by RARP, for switches alone; in tunnels nobody has to learn it', () => {
    const seen = run(announcing(withVlan), 3000).filter(({ from, said }) => from === 'n' && said.startsWith('rarp'));
    assert.deepEqual(
      seen.map(({ at, said }) => `${at} ${said}`),
      [100, 1200, 2300].map((at) => `${at} rarp 102 ${SNAT_MAC.sB}`),
    );
  });

  it('addresses of zones are announced, and one that is gone meanwhile no more', () => {
    const zones = [zone('0.0.0.0/0', ['192.168.1.21', '192.168.1.30', '198.51.100.1'])];
    const pool = (all: typeof zones): Objects => ({
      ...snatSample,
      routers: snatSample.routers.map((router) => ({ ...router, gateways: [{ ...gateway, zones: all }] })),
    });
    const w = announcing(pool(zones));
    const first = run(w, 500).map(({ said }) => said);
    assert.deepEqual(first.sort(), [...GARP('192.168.1.21', SNAT_MAC.q), ...GARP('192.168.1.30', SNAT_MAC.q)].sort());
    w.use(snatSample);
    for (const host of w.hosts.values()) host.announce();
    assert.deepEqual(new Set(run(w, 70_000).map(({ said }) => said)), new Set(GARP('192.168.1.21', SNAT_MAC.q)));
  });

  it('F66 a host that loses the service is silent, the other one begins, and again when it comes back (pitfall 45)', () => {
    const at = (mode: 'n' | 'h2'): Objects => ({
      ...snatSample,
      hosts: snatSample.hosts.map((host) => ({ ...host, mode: host.name === mode ? 'dvr_snat' : 'dvr' })),
    });
    const w = announcing(at('n'));
    run(w, 500);
    const move = (to: 'n' | 'h2'): string[] => {
      w.use(at(to));
      for (const host of w.hosts.values()) {
        host.run();
        host.announce();
      }
      return run(w, 70_000).map(({ from }) => from);
    };
    assert.deepEqual(move('h2'), Array(8).fill('h2'));
    assert.deepEqual(move('n'), Array(8).fill('n'));
  });

  it('nothing is said by a host whose lease is over: it is said when the lease is renewed', () => {
    const w = new FabricWorld(snatSample, [], { leased: true });
    const n = w.on('n');
    n.serveFor(50);
    n.advance(100);
    n.announce();
    assert.deepEqual(run(w, 3000), []);
    n.serveFor(9000);
    assert.deepEqual(new Set(run(w, 500).map(({ said }) => said)), new Set(GARP('192.168.1.21', SNAT_MAC.q)));
  });

  it('an address of a SNAT service is said again when somebody else says it is his, once a second at most', () => {
    const w = announcing(snatSample);
    run(w, 70_000);
    const claim = () => {
      const octets = packet(
        eth({ src: SNAT_MAC.u, dst: 'ff:ff:ff:ff:ff:ff' }),
        arp({ op: 1, senderMac: SNAT_MAC.u, senderIp: '192.168.1.21', targetIp: '192.168.1.21' }),
      );
      fromUpstream(w, octets);
    };
    claim();
    const first = run(w, 2000).map(({ said }) => said);
    assert.deepEqual(first, GARP('192.168.1.21', SNAT_MAC.q));
    const seen: string[] = [];
    for (let i = 0; i < 20; i++) {
      claim();
      seen.push(...run(w, 100).map(({ said }) => said));
    }
    assert.deepEqual(seen.length, 4);
    assert.deepEqual(run(w, 3000).length, 2);
    assert.deepEqual(run(w, 3000), []);
  });

  it('all of it once more when the device of the physical network is there again', () => {
    const w = announcing(withVlan);
    run(w, 70_000);
    w.on('n').announce();
    assert.deepEqual(run(w, 3000), []);
    w.on('n').announce(new Set([PHYSNET_SLOT]));
    assert.deepEqual(run(w, 500).length, 3);
  });

  it('100 addresses a second on a physical network: each once before any twice', () => {
    const many = Array.from({ length: 45 }, (_, i) => floatingIp(`192.168.1.${100 + i}`, 'a1', `10.0.0.${100 + i}`));
    const w = announcing({ ...floatingSample, floatingIps: many });
    const seen = run(w, 3500).filter(({ from, said }) => from === 'h1' && said.startsWith('1 '));
    const perTick = [100, 200, 300, 400, 500, 600].map((tick) => seen.filter(({ at }) => at === tick).length);
    assert.deepEqual(perTick, [10, 10, 10, 10, 5, 0]);
    assert.equal(new Set(seen.slice(0, 45).map(({ said }) => said)).size, 45);
    assert.equal(seen.length, 3 * 45);
  });

  it('pitfall 52: a floating IP is announced where its port is, by the MAC of that host, or by one of its own', () => {
    const w = announcing(floatingSample);
    const mac = (said: string): string => said.split(' ')[2]!;
    const of = (seen: ReturnType<typeof run>, address: string) => seen.filter(({ said }) => said.split(' ')[1] === address);
    const first = run(w, 3000);
    const before = of(first, '192.168.1.101');
    assert.deepEqual(new Set(before.map(({ from }) => from)), new Set(['h1']));
    w.use(boundTo(floatingSample, 'a1', 'h2'));
    for (const host of w.hosts.values()) {
      host.run();
      host.announce();
    }
    const after = of(run(w, 3000), '192.168.1.101');
    assert.deepEqual([after.length, new Set(after.map(({ from }) => from))], [6, new Set(['h2'])]);
    assert.notEqual(mac(after[0]!.said), mac(before[0]!.said));
    const own = of(run(announcing(withExternal(floatingSample, { floatingMac: 'perFip' })), 500), '192.168.1.101');
    assert.equal(mac(own[0]!.said), 'fa:16:3e:00:f1:65');
  });

  it('a floating IP that is served centrally is announced by the host of the SNAT service', () => {
    const central = [floatingIp('192.168.1.101', 'a1', '10.0.0.11', { placement: 'centralized' })];
    const seen = run(announcing({ ...floatingSample, floatingIps: central }), 3000);
    const said = seen.filter((one) => one.said.includes('192.168.1.101'));
    assert.deepEqual(
      said.map(({ at, from }) => `${at} ${from}`),
      [100, 100, 1200, 1200, 2300, 2300].map((at) => `${at} n`),
    );
    assert.ok(said[0]!.said.endsWith(SNAT_MAC.q));
  });
});
