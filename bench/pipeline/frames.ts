/** Frames of the in-memory benches: 64-octet UDP, prepared ahead and copied to where a device would put them. */
import { MAX_BURST } from '../../src/pipeline/burst.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { Random } from '../../src/tables/hash.js';
import { Session } from '../../src/tables/sessions.js';
import { delta32, fold, moveFinished } from '../../src/wire/checksum.js';
import { Arena } from '../../src/wire/memory.js';
import { writeFlowFrame } from '../../src/worker/syntheticFrames.js';
import { hostAddress, INSIDE, OUTSIDE, type World } from './world.js';

/** Octets of a frame, without FCS (D41). */
export const FRAME_OCTETS = 64;
/** Octets from one record to the next: what 64-octet frames take when packed (Arena.Align). */
const STRIDE = 192;
/** A prepared frame: the two octets before it, for alignment, the frame, and two behind. */
export const RING_WORDS = 17;
const UDP_PAYLOAD = FRAME_OCTETS - 14 - 20 - 8;
const UDP = 17;
const peer = Uint8Array.of(2, 0, 0, 2, 0, 1);

/** Prepared bursts, each of one direction. */
export class FrameRing {
  readonly words: Int32Array;
  readonly burstIface: Uint8Array;

  constructor(readonly bursts: number) {
    this.words = new Int32Array(bursts * MAX_BURST * RING_WORDS);
    this.burstIface = new Uint8Array(bursts);
  }

  /** Puts burst number `burst` into the arena and fills the receive columns. */
  load(cx: PipelineContext, burst: number): void {
    const to = cx.memory.i32;
    const from = this.words;
    let at = burst * MAX_BURST * RING_WORDS;
    cx.iface = this.burstIface[burst]!;
    for (let f = 0; f < MAX_BURST; f++) {
      const frame = f * STRIDE + Arena.FrameStart;
      cx.offsets[f] = frame;
      cx.lengths[f] = FRAME_OCTETS;
      cx.tags[f] = 0;
      const word = (frame - 2) >> 2;
      for (let i = 0; i < RING_WORDS; i++) to[word + i] = from[at++]!;
    }
  }

  /** Takes the frame that stands in the first record of the arena. */
  store(cx: PipelineContext, burst: number, f: number): void {
    const word = (Arena.FrameStart - 2) >> 2;
    this.words.set(cx.memory.i32.subarray(word, word + RING_WORDS), (burst * MAX_BURST + f) * RING_WORDS);
  }
}

/** Forwards the first `bursts` bursts of a ring, one after the other; milliseconds without loading and sending them. */
export function forwardAll(cx: PipelineContext, ring: FrameRing, bursts: number): number {
  let spent = 0;
  for (let b = 0; b < bursts; b++) {
    ring.load(cx, b);
    const start = performance.now();
    forwardBurst(cx, MAX_BURST);
    spent += performance.now() - start;
    cx.flush();
  }
  return spent;
}

/** Frames of random sessions out of the first `sessions` rows; bursts go outward and inward in turns. */
export function knownFrames(world: World, sessions: number, bursts: number): FrameRing {
  const { cx } = world;
  const ring = new FrameRing(bursts);
  const random = new Random({ k0: sessions, k1: 77 });
  for (let b = 0; b < bursts; b++) {
    ring.burstIface[b] = b % 2 === 0 ? INSIDE : OUTSIDE;
    for (let f = 0; f < MAX_BURST; f++) {
      writeSessionFrame(cx, ((random.next() >>> 0) % sessions) * Session.Words, b % 2 === 0);
      ring.store(cx, b, f);
    }
  }
  return ring;
}

/** Words of a prepared 64-octet frame: two octets, Ethernet, then IPv4 on a word boundary. */
const enum Word {
  TtlChecksum = 6,
  Source,
  Destination,
  Ports,
  UdpChecksum,
}

/** A frame whose addresses and ports are all 0, for firstFrames. */
export function frameTemplate({ cx }: World): Int32Array {
  writeUdp(cx, INSIDE, { source: 0, destination: 0, sourcePort: 0, destinationPort: 0 });
  const word = (Arena.FrameStart - 2) >> 2;
  return cx.memory.i32.slice(word, word + RING_WORDS);
}

/**
 * First frames of new flows, numbered from `first`. Made without garbage: what is timed afterwards would otherwise find the caches
 * full of what the collector moved.
 */
export function firstFrames(ring: FrameRing, template: Int32Array, hosts: number, first: number): void {
  const to = ring.words;
  const ttlChecksum = template[Word.TtlChecksum]!;
  const udpChecksum = template[Word.UdpChecksum]!;
  for (let n = 0; n < ring.bursts * MAX_BURST; n++) {
    const flow = first + n;
    const source = hostAddress(flow % hosts);
    const destination = 0x0000_33c6 | ((flow & 0xff) << 16) | (((flow >> 8) & 0x7f) << 24);
    const ports = ((Math.floor(flow / hosts) % 60_000) + 1024) | (0x3500 << 16);
    const addresses = delta32(0, source) + delta32(0, destination);
    const at = n * RING_WORDS;
    for (let i = 0; i < RING_WORDS; i++) to[at + i] = template[i]!;
    to[at + Word.TtlChecksum] = (ttlChecksum & 0xffff) | (moveFinished(ttlChecksum >>> 16, fold(addresses)) << 16);
    to[at + Word.Source] = source;
    to[at + Word.Destination] = destination;
    to[at + Word.Ports] = ports;
    const checksum = moveFinished(udpChecksum >>> 16, fold(addresses + delta32(0, ports))) || 0xffff;
    to[at + Word.UdpChecksum] = (udpChecksum & 0xffff) | (checksum << 16);
  }
}

function writeSessionFrame(cx: PipelineContext, row: number, outward: boolean): void {
  const r = cx.sessions.rows;
  const ports = r[row + (outward ? Session.OutwardPorts : Session.InwardPorts)]!;
  writeUdp(cx, outward ? INSIDE : OUTSIDE, {
    source: r[row + (outward ? Session.InsideAddress : Session.RemoteAddress)]!,
    destination: r[row + (outward ? Session.RemoteAddress : Session.ExternalAddress)]!,
    sourcePort: ports & 0xffff,
    destinationPort: ports >>> 16,
  });
}

/** Addresses and ports as loaded. */
interface Tuple {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** Writes the frame into the first record of the arena. */
export function writeUdp(cx: PipelineContext, rif: number, tuple: Tuple): void {
  writeFlowFrame(cx.memory, Arena.FrameStart, {
    ...tuple,
    destinationMac: cx.rifs.macs.subarray(rif * 8, rif * 8 + 6),
    sourceMac: peer,
    protocol: UDP,
    tcpFlags: 0,
    reply: false,
    payload: UDP_PAYLOAD,
  });
}
