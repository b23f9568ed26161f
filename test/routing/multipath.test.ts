import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressesHash, multipathHash, multipathSelect } from '../../src/routing/multipath.js';
import { FibNexthop, MultipathPolicy } from '../../src/tables/fib.js';
import { Arena, frameMemoryIn } from '../../src/wire/memory.js';
import { rule, way } from '../support/fibModel.js';
import { routeTo, storeOf } from '../support/fibTables.js';
import { icmp, ipv4, type Layer, packet, raw, tcp, udp } from '../support/layers.js';
import { wireIp } from '../support/octets.js';

const KEY = { k0: 11, k1: 22 };
const m = frameMemoryIn(new SharedArrayBuffer(Arena.Octets));
/** An IPv4 header behind 14 octets of Ethernet. */
const IP = Arena.FrameStart + 14;

function hash(policy: MultipathPolicy, ...layers: (Layer | Uint8Array)[]): number {
  const octets = packet(...layers);
  m.u8.fill(0xee, IP, IP + 2000);
  m.u8.set(octets, IP);
  return multipathHash(policy, KEY, m, IP, IP + octets.length);
}

const A = '10.0.0.1';
const B = '10.0.9.9';
const tunnel = (protocol: number, ...inner: (Layer | Uint8Array)[]): (Layer | Uint8Array)[] => [
  ipv4({ src: '1.1.1.1', dst: '2.2.2.2', protocol }),
  ...inner,
];
const gre = (flags: number, type: number, more = 0): Layer =>
  raw(new Uint8Array([flags, 0, type >> 8, type & 255, ...Array.from({ length: more }, (_, i) => 7 * i)]));

test('F77 policy addresses: neither ports nor direction nor fragments matter; an ICMP error goes with the flow it is about', () => {
  const flow = hash(MultipathPolicy.Addresses, ipv4({ src: A, dst: B }), tcp({ sport: 1, dport: 2 }));
  assert.equal(hash(MultipathPolicy.Addresses, ipv4({ src: A, dst: B }), udp({ sport: 3, dport: 4 })), flow);
  assert.equal(hash(MultipathPolicy.Addresses, ipv4({ src: B, dst: A }), tcp({ sport: 2, dport: 1 })), flow);
  assert.equal(addressesHash(KEY, wireIp(A), wireIp(B)), flow);
  assert.notEqual(hash(MultipathPolicy.Addresses, ipv4({ src: A, dst: '10.0.9.8' }), tcp({})), flow);
  const error = packet(ipv4({ src: A, dst: B }), udp({ sport: 3, dport: 4 }));
  assert.equal(hash(MultipathPolicy.Addresses, ipv4({ src: '9.9.9.9', dst: A }), icmp({ type: 3, code: 1 }), error), flow);
  assert.notEqual(hash(MultipathPolicy.Addresses, ipv4({ src: '9.9.9.9', dst: A }), icmp({ type: 8 }), error), flow);
  assert.ok(flow >= 0 && Number.isInteger(flow));
});

test('F77 policy ports: ports and protocol matter, in either direction alike; no fragment goes by ports', () => {
  const flow = hash(MultipathPolicy.Ports, ipv4({ src: A, dst: B }), tcp({ sport: 1, dport: 2 }));
  assert.equal(hash(MultipathPolicy.Ports, ipv4({ src: B, dst: A }), tcp({ sport: 2, dport: 1 })), flow);
  assert.notEqual(hash(MultipathPolicy.Ports, ipv4({ src: A, dst: B }), tcp({ sport: 1, dport: 3 })), flow);
  assert.notEqual(hash(MultipathPolicy.Ports, ipv4({ src: A, dst: B }), udp({ sport: 1, dport: 2 })), flow);
  const first = hash(MultipathPolicy.Ports, ipv4({ src: A, dst: B, mf: true, protocol: 17 }), udp({ sport: 1, dport: 2 }));
  assert.equal(hash(MultipathPolicy.Ports, ipv4({ src: A, dst: B, offset: 8, protocol: 17 }), raw('something else')), first);
  assert.notEqual(hash(MultipathPolicy.Ports, ipv4({ src: A, dst: B }), udp({ sport: 1, dport: 2 })), first);
});

test('F77 policy inner: the addresses inside IPv4, GRE and both one in the other; ports, UDP tunnels and fragments do not count', () => {
  const plain = hash(MultipathPolicy.Inner, ipv4({ src: A, dst: B }), tcp({ sport: 1, dport: 2 }));
  assert.equal(plain, hash(MultipathPolicy.Addresses, ipv4({ src: A, dst: B }), udp({})));
  const inner = [ipv4({ src: A, dst: B }), udp({ sport: 5, dport: 6 })];
  assert.equal(hash(MultipathPolicy.Inner, ...tunnel(4, ...inner)), plain);
  for (const [flags, more] of [
    [0, 0],
    [0x80, 4],
    [0x20, 4],
    [0x10, 4],
    [0xb0, 12],
  ] as const)
    assert.equal(
      hash(MultipathPolicy.Inner, ...tunnel(47, gre(flags, 0x0800, more), ...inner)),
      plain,
      `GRE with flags ${flags}`,
    );
  assert.equal(
    hash(
      MultipathPolicy.Inner,
      ...tunnel(47, gre(0, 0x6558), raw(new Uint8Array([...new Array<number>(12).fill(2), 8, 0])), ...inner),
    ),
    plain,
    'Ethernet in GRE',
  );
  assert.equal(hash(MultipathPolicy.Inner, ...tunnel(47, gre(0, 0x0800), ...tunnel(4, ...inner))), plain);
  const outer = hash(MultipathPolicy.Inner, ...tunnel(17, udp({ sport: 9, dport: 4789 }), ...inner));
  assert.equal(outer, addressesHash(KEY, wireIp('1.1.1.1'), wireIp('2.2.2.2')), 'what is in VXLAN is not looked at');
  assert.equal(hash(MultipathPolicy.Inner, ...tunnel(47, gre(0x40, 0x0800, 4), ...inner)), outer, 'GRE with routing');
  assert.equal(hash(MultipathPolicy.Inner, ...tunnel(47, gre(0x80, 0x0800))), outer, 'a GRE header that is cut off');
  assert.equal(
    hash(MultipathPolicy.Inner, ...tunnel(4, new Uint8Array([0x45, 0, 0, 40]))),
    outer,
    'an inner header that is cut off',
  );
  assert.equal(
    hash(MultipathPolicy.Inner, ipv4({ src: '1.1.1.1', dst: '2.2.2.2', protocol: 4, mf: true }), ...inner),
    outer,
    'a fragment',
  );
  const six = (last: number): number =>
    hash(MultipathPolicy.Inner, ...tunnel(41, new Uint8Array([0x60, ...new Array<number>(38).fill(3), last])));
  assert.notEqual(six(1), six(2));
  assert.notEqual(six(1), outer);
});

/** Which way each of `count` hashes, spread evenly, takes, as counts by interface. */
function shares(store: ReturnType<typeof storeOf>, count = 4000): number[] {
  const fib = store.snapshot();
  const [route] = store.rowsOf(254, 0, 0);
  const taken = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const chosen = multipathSelect(fib, route!, Math.floor(((i + 0.5) * 2 ** 31) / count));
    if (chosen >= 0) taken[fib.nexthops[chosen * FibNexthop.Words + FibNexthop.Rif]!]!++;
  }
  return taken;
}

test('F77 ways take flows by weight; those that are down take none, and their share goes to the others', () => {
  const gateways = [1, 2, 3].map((last) => wireIp(`10.0.0.${last}`));
  const store = storeOf(
    [rule(1)],
    [routeTo('0.0.0.0/0', { ways: [way(0, gateways[0], 1), way(1, gateways[1], 2), way(2, gateways[2], 5)] })],
  );
  assert.deepEqual(shares(store), [500, 1000, 2500]);
  store.setLink(1, { dead: false, linkdown: true });
  assert.deepEqual(
    shares(store).map((n) => Math.round(n / 10)),
    [67, 0, 333],
  );
  store.setLink(2, { dead: true, linkdown: false });
  assert.deepEqual(shares(store), [4000, 0, 0]);
  store.setGateway(0, gateways[0]!, true);
  assert.deepEqual(shares(store), [0, 0, 0]);
  store.setGateway(0, gateways[0]!, false);
  store.setLink(1, { dead: false, linkdown: false });
  store.setLink(2, { dead: false, linkdown: false });
  assert.deepEqual(shares(store), [500, 1000, 2500]);
  store.setSettings({ groups: new Int32Array(3), policy: MultipathPolicy.Addresses, ignoreLinkdown: false });
  store.setLink(1, { dead: false, linkdown: true });
  assert.deepEqual(shares(store), [500, 1000, 2500], 'carrier is not asked for');
});

test('F77 a way whose flags say it is down is passed over before its share is taken away', () => {
  const store = storeOf([rule(1)], [routeTo('0.0.0.0/0', { ways: [way(0), way(1), way(2)] })]);
  const fib = store.snapshot();
  const [route] = store.rowsOf(254, 0, 0);
  const top = 2 ** 31 - 1;
  const rifOf = (hash: number): number => fib.nexthops[multipathSelect(fib, route!, hash) * FibNexthop.Words + FibNexthop.Rif]!;
  assert.deepEqual([rifOf(0), rifOf(2 ** 30), rifOf(top)], [0, 1, 2]);
  fib.nexthops[FibNexthop.Words + FibNexthop.Flags] = 1;
  assert.deepEqual([rifOf(0), rifOf(2 ** 30), rifOf(top)], [0, 2, 2]);
  fib.nexthops[2 * FibNexthop.Words + FibNexthop.Flags] = 1;
  assert.deepEqual([rifOf(0), rifOf(2 ** 30), rifOf(top)], [0, 0, 0]);
});
