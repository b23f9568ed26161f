import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Plain, plainRows } from '../../src/pipeline/plainRows.js';
import { SessionState, setSessionState } from '../../src/pipeline/tcpState.js';
import { Verdict } from '../../src/shared/verdict.js';
import { Adjacency, NeighborState, NeighborsHead } from '../../src/tables/neighbors.js';
import { Session } from '../../src/tables/sessions.js';
import { describeFrame } from '../../src/wire/describe.js';
import { Arena } from '../../src/wire/memory.js';
import { type Decoded, decode } from '../support/decode.js';
import { eth, icmp, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import { drawsOf } from '../support/long.js';
import { Dice } from '../support/mutate.js';
import { GW, UPSTREAM } from '../support/sample.js';
import { virtio } from '../support/virtio.js';
import { World } from '../support/world.js';
import { macOf } from '../support/worldParts.js';
import { SEED } from './seed.js';

/**
 * The short cut for plain frames (plainClassify, plainTranslate) does what classify() and decide() do: the same traffic through
 * two worlds, one of which never takes it, gives the same frames, counters, sessions and neighbours.
 */
const ROUNDS = drawsOf(15, 150);
const STEPS = 25;
const flowsOut: Decoded[] = [];

/** A bit of the tag column that no device sets and only the short cut looks at: it leaves every such frame alone. */
const NOT_PLAIN = 0x40000;

const yaml = `
name: differential
ifaces:
  - name: lan
    tap: t-lan
    role: inside
    mac: "${GW.lan}"
    addresses: [10.0.0.1/24]
    vlans: [{ id: 7, name: v7, mtu: 1000, addresses: [10.0.7.1/24] }]
  - { name: wan, tap: t-wan, role: outside, mac: "${GW.wan}", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones: [{ name: all, match: 10.0.0.0/16, localAddresses: [192.0.2.10, 192.0.2.11], ports: 2000-2200 }]
timers: { allowShort: true, udp: 5s, udpUnanswered: 2s, icmp: 3s, tcpEstablished: 20s, tcpHalfOpen: 4s, tcpClosing: 2s, portHold: off }
neighborTimers: { reachable: 3s, retry: 200ms, probes: 2, failed: 1s, stale: 5s }
`;

test(`the short cut for plain frames does what the long way does, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  let plain = 0;
  let translated = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const short = world();
    const long = world();
    const flows: Decoded[] = [];
    for (let step = 0, epoch = 2; step < STEPS; step++) {
      const what = dice.below(12);
      const twist = dice.below(0x7fff_ffff);
      const iface = dice.below(3) === 0 && flows.length > 0 ? 'wan' : 'lan';
      const burst = what < 8 ? Array.from({ length: 1 + dice.below(64) }, () => frame(dice, iface, flows, deltas(short))) : [];
      for (const w of [short, long]) {
        if (what < 8) {
          w.send(iface, ...(w === short ? burst : burst.map(notPlain)));
          const taken = plainIn(burst.length);
          if (w === short) plain += taken;
          else assert.equal(taken, 0, 'the long way takes no short cut');
        } else if (what === 8) w.advance(100 + (twist % 3000));
        else if (what === 9) disturb(w, new Dice(twist));
        else if (what === 10) w.reload(yaml, epoch);
        else fillList(w, twist);
      }
      if (what === 10) epoch++;
      const left = compare(short, long, `round ${round}, step ${step}`);
      flows.push(...left.filter((d) => d.ipv4 !== undefined && (d.tcp ?? d.udp) !== undefined).slice(0, 20));
    }
    translated += short.state.counters.verdicts[Verdict.Translated]!;
  }
  assert.ok(plain > ROUNDS * 50, `only ${plain} plain frames`);
  assert.ok(translated > ROUNDS * 50, `only ${translated} translated frames`);
});

/** Plain frames of the burst sent last. */
function plainIn(frames: number): number {
  let count = 0;
  for (let f = 0; f < frames; f++) if (plainRows[f * Plain.Words + Plain.Frame] !== 0) count++;
  return count;
}

function world(): World {
  return new World({ yaml, sessions: 256, neighbors: 64, mtus: { lan: 1400, wan: 1200 }, wrongChecksums: true });
}

function notPlain(frame: MemoryFrame): MemoryFrame {
  const inline = frame.octets[12] === 0x81 && frame.octets[13] === 0;
  return inline ? frame : { ...frame, tag: (frame.tag ?? 0) | NOT_PLAIN };
}

/** A frame of one of a few flows: from inside, or an answer to one of `flows`. Ordinary in most things, odd in one or two. */
function frame(dice: Dice, iface: string, flows: readonly Decoded[], sums: readonly number[]): MemoryFrame {
  const odd = (n: number): boolean => dice.below(n) === 0;
  const tagged = iface === 'lan' && odd(3);
  const host = `10.0.${tagged ? 7 : 0}.${2 + dice.below(3)}`;
  const back = iface === 'wan' ? dice.pick(flows) : undefined;
  const isUdp = back === undefined ? odd(2) : back.udp !== undefined;
  const ends =
    back === undefined
      ? { src: host, dst: dice.pick(['198.51.100.7', '198.51.100.8', '10.0.7.2', '10.0.0.1']) }
      : { src: back.ipv4!.dst, dst: back.ipv4!.src };
  const answered = back?.udp ?? back?.tcp;
  const ports =
    answered === undefined
      ? { sport: dice.pick([1, 2, 3, 65_535]), dport: 80 }
      : { sport: answered.dport, dport: answered.sport };
  const partial = odd(3);
  const checksum = partial ? { checksum: 'partial' as const } : odd(6) ? { checksum: 'none' as const } : {};
  const turnsZero = !partial && sums.length > 0 && odd(8) ? { checksum: dice.pick(sums) } : {};
  const flags = dice.pick(['S', 'S', 'A', 'A', 'A', 'PA', 'FA', 'R', 'SA', 'SF', '']);
  const ip = ipv4({
    ...ends,
    ttl: odd(12) ? dice.below(3) : 64,
    df: odd(2),
    mf: odd(30),
    ...(odd(20) && { options: [7, 4, 0, 0] }),
    ...(odd(40) && { totalLength: dice.below(2000) }),
    ...(odd(40) && { checksum: dice.below(0x10000) }),
  });
  const l4 = odd(15)
    ? icmp({ type: iface === 'wan' ? 0 : 8, id: 9 })
    : isUdp
      ? udp({ ...ports, ...checksum, ...turnsZero, ...(odd(30) && { length: dice.below(100) }) })
      : tcp({
          ...ports,
          flags,
          ...checksum,
          ...(odd(10) && { options: [1, 1, 1, 1] }),
          ...(odd(30) && { dataOffset: dice.below(16) }),
        });
  const head = eth({
    dst: odd(40) ? macOf(host) : iface === 'wan' ? GW.wan : GW.lan,
    src: macOf(back === undefined ? host : UPSTREAM),
  });
  // Small, around the MTU of one of the interfaces, or too big.
  const around = dice.pick([1000, 1200, 1400]) - (isUdp ? 28 : 40) - 1 + dice.below(3);
  const size = odd(12) ? around : odd(12) ? 900 + dice.below(700) : dice.below(60);
  const payload = new Uint8Array(size).fill(dice.below(256));
  const inline = tagged && odd(3);
  let octets = packet(head, ...(inline ? [vlan({ id: 7 })] : []), ip, l4, payload);
  if (odd(10)) octets = packet(octets, new Uint8Array(dice.below(30)));
  if (odd(30)) octets = octets.slice(0, dice.below(octets.length + 1));
  if (odd(40) && octets.length > 0) octets[dice.below(octets.length)]! ^= 1 << dice.below(8);
  const l4At = (inline ? 38 : 34) + (odd(60) ? 4 : 0);
  const header = partial
    ? virtio({ needsChecksum: true, start: l4At, offset: isUdp ? 6 : 16, dataValid: odd(20) })
    : virtio({ dataValid: odd(3), gso: odd(60) ? 1 : 0, gsoSize: odd(10) ? 1000 : 0 });
  const column = tagged && !inline ? { tag: 0x10007 } : odd(60) ? { tag: dice.pick([0x10000, 0x10009, 0x30007]) } : {};
  return { octets, virtio: header, ...column };
}

/** Checksums that translation turns into 0, which UDP must write as 0xffff: one per session and direction. */
function deltas(w: World): number[] {
  return w.rows().flatMap((row) => {
    const delta = w.sessions.rows[row + Session.Deltas]! >>> 16;
    return [delta, ~delta & 0xffff].map((sum) => ((sum & 0xff) << 8) | (sum >> 8));
  });
}

/** Puts neighbours and sessions into any of their states. */
function disturb(w: World, dice: Dice): void {
  const n = w.state.neighbors;
  for (let i = 0; i < n.head[NeighborsHead.HighWater]!; i++) {
    const row = i * Adjacency.Words;
    if (n.rows[row + Adjacency.State]! < NeighborState.Stale || dice.below(3) !== 0) continue;
    n.rows[row + Adjacency.State] = dice.pick([
      NeighborState.None,
      NeighborState.Failed,
      NeighborState.Stale,
      NeighborState.Probe,
      NeighborState.Permanent,
    ]);
  }
  for (const row of w.rows()) {
    if ((w.sessions.rows[row + Session.Meta]! & 0xff) !== 6 || dice.below(2) !== 0) continue;
    setSessionState(w.sessions, row, SessionState.HalfOpen + dice.below(SessionState.Reset));
  }
}

/** Leaves room for a few frames, or none, on every list of frames to send. */
function fillList(w: World, twist: number): void {
  for (const outlet of w.cx.outlets) {
    outlet.queued = outlet.sends.length / 2 - 1 - (twist % 20);
    for (let i = 0; i < outlet.queued; i++) outlet.sends.set([Arena.PendingEnd - 256, 60], i * 2);
  }
}

/** Asserts that both worlds are the same; returns what left by the outside interface. */
function compare(short: World, long: World, where: string): Decoded[] {
  for (const iface of short.names) {
    const [a, b] = [short, long].map((w) => [...w.sent(iface), ...w.arps(iface)].map(text));
    assert.deepEqual(a, b, `${where}: frames that left by ${iface}`);
    if (iface !== 'wan') continue;
    flowsOut.length = 0;
    for (const said of a!) if (said.length < 400) flowsOut.push(decode(Buffer.from(said.split(' ')[1]!, 'hex')));
  }
  const { counters: a, sessions, neighbors } = short.state;
  const b = long.state;
  assert.deepEqual(a.verdicts, b.counters.verdicts, `${where}: verdicts`);
  assert.deepEqual(a.events, b.counters.events, `${where}: events`);
  assert.deepEqual(a.rifs, b.counters.rifs, `${where}: counters of interfaces`);
  assert.deepEqual(a.zones, b.counters.zones, `${where}: counters of zones`);
  assert.deepEqual(sessions.rows, b.sessions.rows, `${where}: sessions`);
  assert.deepEqual(sessions.head, b.sessions.head, `${where}: sessions`);
  assert.deepEqual(neighbors.rows, b.neighbors.rows, `${where}: neighbours`);
  return flowsOut;
}

function text(frame: MemoryFrame): string {
  const hex = (octets: Uint8Array | undefined): string => Buffer.from(octets ?? []).toString('hex');
  return `${hex(frame.virtio)} ${hex(frame.octets)} ${describeFrame(frame.octets, frame.virtio)}`;
}
