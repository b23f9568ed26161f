import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framesReceived } from '../../src/shared/counters.js';
import {
  Adjacency,
  NeighborState,
  type Neighbors,
  NeighborsHead,
  neighborFind,
  neighborInsert,
  neighborRemove,
} from '../../src/tables/neighbors.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { Fabric } from '../../src/tables/switching.js';
import { type Decoded, decode } from '../support/decode.js';
import { type FabricHost, FabricWorld } from '../support/fabric.js';
import { fromUpstream } from '../support/floatingSample.js';
import { crossed, WORLD } from '../support/floatingWorld.js';
import { eth, icmp, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { SNAT_MAC } from '../support/snatSample.js';
import { virtio } from '../support/virtio.js';
import { type DrawnCloud, type DrawnGuest, drawCloud } from './floatingDraw.js';
import { SEED } from './seed.js';

/**
 * The short cut of frames on networks (switching/knownFrames.ts) does what the long way does: the same traffic through two clouds, one of which never
 * remembers anything, gives the same frames, counters, sessions and neighbours.
 */
const RUNS = 12;
const STEPS = 100;
const NONE = -1;
const hadBefore = new Map<unknown, number>();
const UPSTREAM_MAC = Buffer.from(SNAT_MAC.u.replaceAll(':', ''), 'hex');

interface Sent {
  readonly octets: Uint8Array;
  readonly virtio: Uint8Array;
}

/** What a step is drawn from: who leaves by which MAC, as the upstream has seen it. */
type Seen = readonly Decoded[];

test(`frames on networks that are known go where others go, seed ${SEED}`, () => {
  let taken = 0;
  for (let run = 0; run < RUNS; run++) {
    const dice = new Dice(Math.imul(SEED + run, 0x85eb_ca6b));
    const cloud = drawCloud(dice);
    const short = new FabricWorld(cloud.objects);
    const long = forgetful(cloud);
    const seen: Decoded[] = [];
    for (let step = 0; step < STEPS; step++) {
      const act = action(dice, cloud, seen);
      for (const w of [short, long]) act(w);
      seen.push(...compare(short, long, cloud, `run ${run}, step ${step}`));
      for (const host of short.hosts.values()) taken += tookShortCut(host);
    }
    short.check();
    long.check();
  }
  assert.ok(taken > RUNS, `${taken} bursts took the short cut alone`);
});

/** 1 when the host had frames since the last call, and none of them took the long way. */
function tookShortCut({ cx, state }: FabricHost): number {
  const had = framesReceived(state.counters.rifs);
  const onNetwork = cx.iface >= FIRST_LPORT || cx.switching.fabric[cx.iface] !== Fabric.None;
  const took = onNetwork && cx.known.frame === NONE && had !== (hadBefore.get(cx) ?? 0);
  hadBefore.set(cx, had);
  cx.known.frame = NONE;
  return took ? 1 : 0;
}

/** A cloud whose hosts have no room for what they find out: what is written there is gone, and nothing read is ever the same. */
function forgetful({ objects }: DrawnCloud): FabricWorld {
  const w = new FabricWorld(objects);
  const nothing = new Int32Array(0);
  for (const { cx } of w.hosts.values()) Object.assign(cx.known, { macs: nothing, entries: nothing, flows: nothing });
  return w;
}

/** What happens to both clouds next. */
function action(dice: Dice, cloud: DrawnCloud, seen: Seen): (w: FabricWorld) => void {
  const what = dice.below(14);
  const twist = dice.below(0x7fff_ffff);
  if (what < 7) {
    const guest = dice.pick(cloud.guests);
    const [to, count] = [destination(dice, cloud, guest), 1 + dice.below(dice.pick([1, 1, 8]))];
    const frames = Array.from({ length: count }, () =>
      frame(
        dice,
        { ...guest, src: guest.fixed, from: guest.mac, to: guest.gateway },
        dice.below(4) === 0 ? destination(dice, cloud, guest) : to,
      ),
    );
    return (w) => {
      for (const one of frames) w.on(guest.host).push(guest.name, one);
      w.settle();
    };
  }
  if (what < 11 && seen.length > 0) {
    const frames = Array.from({ length: 1 + dice.below(dice.pick([1, 1, 8])) }, () => answer(dice, dice.pick(seen)));
    return (w) => {
      for (const one of frames) fromUpstream(w, one.octets);
    };
  }
  if (what === 11) return (w) => advance(w, 100 + (twist % 40_000));
  if (what === 12) return (w) => disturb(w, twist);
  const floatingIps =
    dice.below(2) === 0 ? cloud.objects.floatingIps : cloud.objects.floatingIps.filter((_, i) => ((twist >> i) & 1) === 0);
  return (w) => {
    w.use({ ...cloud.objects, floatingIps });
    w.settle();
  };
}

function destination(dice: Dice, { guests }: DrawnCloud, { name }: DrawnGuest): string {
  const other = dice.pick(guests);
  const where = dice.below(8);
  if (where === 0 && other.floating !== undefined) return other.floating;
  if (where === 1 && other.name !== name) return other.fixed;
  return dice.pick([
    ...Array<string>(8).fill(WORLD),
    '8.8.4.4',
    '192.168.1.1',
    '192.168.1.250',
    '10.0.0.1',
    '169.254.169.254',
    '20.0.0.21',
  ]);
}

/** TCP, UDP or a ping, ordinary in most things, odd in one or two. */
function frame(dice: Dice, { src, from, to }: { src: string; from: string; to: string }, dst: string, back?: Decoded): Sent {
  const odd = (n: number): boolean => dice.below(n) === 0;
  const isUdp = back === undefined ? odd(2) : back.udp !== undefined;
  const isPing = back === undefined ? odd(4) : back.icmp !== undefined;
  const { sport = dice.pick([68, 80, 7000]), dport = dice.pick([1, 2, 67, 4000]) } = back?.udp ?? back?.tcp ?? {};
  const ports = { sport: dport, dport: sport };
  const partial = back === undefined && odd(isPing ? 40 : 3);
  const checksum = partial ? { checksum: 'partial' as const } : odd(6) ? { checksum: 'none' as const } : {};
  const ip = ipv4({
    ...{ src: odd(25) ? '10.0.0.99' : src, dst, ttl: odd(12) ? dice.below(3) : 64, df: odd(2), mf: odd(30) },
    ...(odd(25) && { options: [7, 4, 0, 0] }),
    ...(odd(40) && { totalLength: dice.below(2000) }),
    ...(odd(40) && { checksum: dice.below(0x10000) }),
  });
  const l4 = isPing
    ? ping(dice, back?.icmp)
    : isUdp
      ? udp({ ...ports, ...checksum, ...(odd(30) && { length: dice.below(100) }) })
      : tcp({
          ...ports,
          flags: dice.pick(['S', 'S', 'A', 'A', 'PA', 'FA', 'R', 'SA']),
          ...checksum,
          ...(odd(30) && { dataOffset: dice.below(16) }),
        });
  const size = odd(15) ? 1400 + dice.below(120) : dice.below(60);
  const head = eth({ dst: odd(40) ? '02:00:00:00:00:77' : to, src: odd(40) ? '02:00:00:00:00:78' : from });
  let octets = packet(head, ...(odd(60) ? [vlan({ id: 7 })] : []), ip, l4, new Uint8Array(size).fill(dice.below(256)));
  if (odd(10)) octets = packet(octets, new Uint8Array(dice.below(30)));
  if (odd(30)) octets = octets.slice(0, dice.below(octets.length + 1));
  if (odd(40) && octets.length > 0) octets[dice.below(octets.length)]! ^= 1 << dice.below(8);
  const work = partial
    ? virtio({ needsChecksum: true, start: odd(60) ? 38 : 34, offset: isUdp ? 6 : 16, dataValid: odd(20) })
    : virtio({ dataValid: odd(3), gso: odd(60) ? 1 : 0, gsoSize: odd(10) ? 1000 : 0 });
  return { octets, virtio: work };
}

function ping(dice: Dice, back?: Decoded['icmp']) {
  const type = dice.below(12) === 0 ? dice.pick([0, 3, 8, 13, 17]) : back === undefined ? 8 : 0;
  return icmp({ type, id: back?.id ?? dice.pick([1, 9, 9, 9]), seq: dice.below(3), ...(dice.below(30) === 0 && { code: 1 }) });
}

/** Of the upstream, to whoever sent a frame that it has seen. */
function answer(dice: Dice, back: Decoded): Sent {
  const ends = { src: back.ipv4!.dst, from: SNAT_MAC.u, to: back.eth!.src };
  return frame(dice, ends, back.ipv4!.src, back);
}

function advance(w: FabricWorld, ms: number): void {
  for (const host of w.hosts.values()) host.advance(ms);
  w.settle();
}

/** Puts neighbours into any of their states, or somebody else into their place. */
function disturb(w: FabricWorld, twist: number): void {
  const dice = new Dice(twist);
  for (const { state } of w.hosts.values()) {
    const n = state.neighbors;
    for (let i = 0; i < n.head[NeighborsHead.HighWater]!; i++) {
      const row = i * Adjacency.Words;
      if (n.rows[row + Adjacency.State]! < NeighborState.Stale || dice.below(4) !== 0) continue;
      if (dice.below(4) === 0) replace(n, row);
      else
        n.rows[row + Adjacency.State] = dice.pick([
          NeighborState.None,
          NeighborState.Failed,
          NeighborState.Stale,
          NeighborState.Permanent,
        ]);
    }
  }
}

/** A table that was full gives the row of one neighbour to another one, who is known as well. */
function replace(n: Neighbors, row: number): void {
  const { rows } = n;
  const kept = rows.slice(row, row + Adjacency.Words);
  const other = kept[Adjacency.Address]! ^ (0x55 << 24);
  if (kept[Adjacency.References] !== 0 || neighborFind(n, kept[Adjacency.Rif]!, other) >= 0) return;
  neighborRemove(n, row);
  assert.equal(neighborInsert(n, kept[Adjacency.Rif]!, other, 0), row);
  for (const word of [
    Adjacency.HeaderOctets,
    Adjacency.Header0,
    Adjacency.Header1,
    Adjacency.Header2,
    Adjacency.Header3,
    Adjacency.Mtu,
  ])
    rows[row + word] = kept[word]!;
  rows[row + Adjacency.State] = NeighborState.Reachable;
}

/** Asserts that both clouds are the same; returns what left for the upstream. */
function compare(short: FabricWorld, long: FabricWorld, { guests }: DrawnCloud, where: string): Decoded[] {
  const [out, same] = [short, long].map(crossed);
  assert.deepEqual(out!.map(text), same!.map(text), `${where}: what crossed`);
  for (const { name, host } of guests)
    assert.deepEqual(
      short.on(host).gotFrames(name).map(text),
      long.on(host).gotFrames(name).map(text),
      `${where}: what ${name} got`,
    );
  for (const [name, { state: a }] of short.hosts) {
    const b = long.on(name).state;
    assert.deepEqual(a.counters.verdicts, b.counters.verdicts, `${where}: verdicts of ${name}`);
    assert.deepEqual(a.counters.events, b.counters.events, `${where}: events of ${name}`);
    assert.deepEqual(a.counters.rifs, b.counters.rifs, `${where}: counters of interfaces of ${name}`);
    assert.deepEqual(a.sessions.rows, b.sessions.rows, `${where}: sessions of ${name}`);
    assert.deepEqual(a.neighbors.rows, b.neighbors.rows, `${where}: neighbours of ${name}`);
  }
  const left = out!.filter(({ octets }) => octets.length > 40 && Buffer.from(octets.subarray(0, 6)).equals(UPSTREAM_MAC));
  return left.map(({ octets }) => decode(octets)).filter((d) => d.ipv4 !== undefined && (d.tcp ?? d.udp ?? d.icmp) !== undefined);
}

function text({ octets, virtio: work }: { readonly octets: Uint8Array; readonly virtio?: Uint8Array | undefined }): string {
  return `${Buffer.from(work ?? []).toString('hex')} ${Buffer.from(octets).toString('hex')}`;
}
