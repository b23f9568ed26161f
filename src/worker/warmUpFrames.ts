import { MAX_BURST } from '../pipeline/burst.js';
import type { PipelineContext } from '../pipeline/context.js';
import { Adjacency, NeighborState, NeighborsHead } from '../tables/neighbors.js';
import { Rif } from '../tables/rifs.js';
import { Session, SessionsHead } from '../tables/sessions.js';
import { Arp, ArpOperation, arpWriteHead, arpWriteSenderIp } from '../wire/arp.js';
import { Arena, type FrameMemory } from '../wire/memory.js';
import { TcpFlag } from '../wire/tcp.js';
import { GsoType, VirtioFlag, virtioClear } from '../wire/virtioNet.js';
import { type FlowFrame, writeFlowFrame } from './syntheticFrames.js';

/** Record stride of synthetic frames; the few larger ones reach into the next records, which are written later. */
const STRIDE = 192;
const FLOWS = 4096;
/** Tag column of the warm-up world's VLAN 7, as a packet socket reports it. */
const VLAN_7 = 0x1_0007;
const peer = Uint8Array.of(2, 0, 0, 0, 0, 0x77);

/** Fills the burst with frames of `rif`: mostly known flows, and a little of everything else. */
export function fillBurst(cx: PipelineContext, rif: number, outward: boolean): void {
  for (let f = 0; f < MAX_BURST; f++) {
    const frame = f * STRIDE + Arena.FrameStart;
    const random = cx.random.next();
    cx.offsets[f] = frame;
    cx.tags[f] = outward && f % 16 === 3 ? VLAN_7 : 0;
    const length = writeFlowFrame(cx.memory, frame, outward ? outwardFrame(cx, rif, random) : inwardFrame(cx, rif, random));
    cx.lengths[f] = f % 32 === 9 ? 6 + (random & 31) : length;
    if (f % 4 === 1) offload(cx.memory, frame, f % 8 === 1);
    if (f % 32 === 17) cx.memory.u16[(frame + 12) >> 1] = f < 32 ? 0xdd86 : 0x0008;
    if (f % 32 === 21) cx.memory.u8[frame] = f < 32 ? 0xff : 6;
  }
}

/** The neighbours' answers to what was asked, and a question of theirs. Returns the number of frames in the burst. */
export function fillArp(cx: PipelineContext, rif: number): number {
  const n = cx.neighbors;
  let f = 0;
  writeArp(cx, f++, rif, ArpOperation.Request, 0x6300_000a, cx.rifs.rows[rif * Rif.Words + Rif.Address]!);
  writeArp(cx, f++, rif, ArpOperation.Request, 0x6300_000a, 0x6200_000a);
  for (let i = 0; i < n.head[NeighborsHead.HighWater]! && f < MAX_BURST; i++) {
    const row = i * Adjacency.Words;
    const state = n.rows[row + Adjacency.State]!;
    if (n.rows[row + Adjacency.Rif] !== rif || (state !== NeighborState.Incomplete && state !== NeighborState.Probe)) continue;
    writeArp(cx, f++, rif, ArpOperation.Reply, n.rows[row + Adjacency.Address]!, cx.rifs.rows[rif * Rif.Words + Rif.Address]!);
  }
  return f;
}

function writeArp(cx: PipelineContext, f: number, rif: number, operation: ArpOperation, sender: number, target: number): void {
  const m = cx.memory;
  const frame = f * STRIDE + Arena.FrameStart;
  const arp = frame + 14;
  m.u8.fill(0, frame, frame + 60);
  m.u8.set(cx.rifs.macs.subarray(rif * 8, rif * 8 + 6), frame);
  m.u8.set(peer, frame + 6);
  m.u16[(frame + 12) >> 1] = 0x0608;
  arpWriteHead(m, arp, operation);
  m.u8.set(peer, arp + Arp.SenderMac);
  arpWriteSenderIp(m, arp, sender);
  m.i32[(arp + Arp.TargetIp) >> 2] = target;
  virtioClear(m, frame);
  const vlan = cx.rifs.rows[rif * Rif.Words + Rif.Vlan]!;
  cx.offsets[f] = frame;
  cx.lengths[f] = 60;
  cx.tags[f] = vlan === 0 ? 0 : 0x1_0000 | vlan;
}

/** Makes a TCP or UDP frame one whose checksum (and segmentation) is left to whoever sends it. */
function offload(m: FrameMemory, frame: number, segments: boolean): void {
  const protocol = m.u8[frame + 23];
  if (protocol !== 6 && protocol !== 17) return;
  const h = (frame - Arena.VirtioHeader) >> 1;
  const gso = protocol === 6 ? GsoType.Tcp4 : GsoType.UdpL4;
  m.u16[h] = VirtioFlag.NeedsChecksum | (segments ? gso << 8 : 0);
  m.u16[h + 1] = protocol === 6 ? 54 : 42;
  m.u16[h + 2] = segments ? 6 : 0;
  m.u16[h + 3] = 34;
  m.u16[h + 4] = protocol === 6 ? 16 : 6;
}

/** One of FLOWS inside flows, now and then an unusual one. */
function outwardFrame(cx: PipelineContext, rif: number, random: number): FlowFrame {
  const flow = random & (FLOWS - 1);
  const protocol = flow % 8 === 0 ? 1 : flow % 8 < 5 ? 6 : 17;
  const rare = (random >>> 16) % 64;
  return {
    destinationMac: cx.rifs.macs.subarray(rif * 8, rif * 8 + 6),
    sourceMac: peer,
    protocol: rare === 8 ? 47 : protocol,
    source: 10 | ((flow & 0xff) << 16) | (((flow >> 8) + 1) << 24),
    destination:
      rare === 1 ? 0x0101_010a : rare === 2 ? cx.rifs.rows[rif * Rif.Words + Rif.Address]! : 0x0101_0a64 + ((flow & 7) << 24),
    sourcePort: 0x1000 + flow,
    destinationPort: 0x5000,
    tcpFlags: rare < 8 ? TcpFlag.Syn : rare === 9 ? TcpFlag.Fin | TcpFlag.Ack : rare === 10 ? TcpFlag.Rst : TcpFlag.Ack,
    reply: false,
    payload: rare === 7 ? 1900 : 18,
  };
}

/** The answer to a session chosen at random, or a stray frame when there is none. */
function inwardFrame(cx: PipelineContext, rif: number, random: number): FlowFrame {
  const t = cx.sessions;
  const high = t.head[SessionsHead.HighWater]!;
  const row = high === 0 ? 0 : ((random >>> 1) % high) * Session.Words;
  const protocol = t.rows[row + Session.Meta]! & 0xff;
  const ports = t.rows[row + Session.InwardPorts]!;
  const rare = (random >>> 16) & 31;
  return {
    destinationMac: cx.rifs.macs.subarray(rif * 8, rif * 8 + 6),
    sourceMac: peer,
    protocol: protocol === 0 ? 17 : protocol,
    source: t.rows[row + Session.RemoteAddress]!,
    destination: t.rows[row + Session.ExternalAddress]!,
    sourcePort: protocol === 1 ? ports >>> 16 : ports & 0xffff,
    destinationPort: rare === 0 ? 9 : ports >>> 16,
    tcpFlags:
      rare < 6 ? TcpFlag.Syn | TcpFlag.Ack : rare === 7 ? TcpFlag.Fin | TcpFlag.Ack : rare === 8 ? TcpFlag.Rst : TcpFlag.Ack,
    reply: true,
    payload: 18,
  };
}
