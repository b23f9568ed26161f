import { CounterEvent } from '../shared/counters.js';
import { ownAddressTowards, Rif } from '../tables/rifs.js';
import { Arp, ArpOperation, arpWriteHead, arpWriteSenderIp } from '../wire/arp.js';
import { EtherType } from '../wire/ethernet.js';
import { virtioClear } from '../wire/virtioNet.js';
import type { PipelineContext } from './context.js';
import { emitFrame } from './emit.js';

/** Octets an ARP frame takes behind its untagged Ethernet header's start, tag included. */
const ROOM = 18 + Arp.Octets;

/**
 * Writes the Ethernet header of an ARP packet that stands at `arp`: destination MAC must be in place already. Returns the
 * frame's start (14 or 18 octets before `arp`); the virtio-net header before it is cleared.
 */
export function arpWriteEthernet(cx: PipelineContext, rif: number, arp: number): number {
  const m = cx.memory;
  const vlan = cx.rifs.rows[rif * Rif.Words + Rif.Vlan]!;
  const frame = vlan === 0 ? arp - 14 : arp - 18;
  for (let i = 0; i < 6; i++) m.u8[frame + 6 + i] = cx.rifs.macs[rif * 8 + i]!;
  if (vlan !== 0) {
    m.u16[(frame + 12) >> 1] = EtherType.Vlan;
    m.u8[frame + 14] = vlan >> 8;
    m.u8[frame + 15] = vlan;
  }
  m.u16[(arp - 2) >> 1] = EtherType.Arp;
  virtioClear(m, frame);
  return frame;
}

/** Start of the frame whose ARP packet stands at `arp` on `rif`. */
export function arpFrameStart(cx: PipelineContext, rif: number, arp: number): number {
  return cx.rifs.rows[rif * Rif.Words + Rif.Vlan] === 0 ? arp - 14 : arp - 18;
}

/**
 * Asks who has `target` on `rif`: broadcast when `mac` is null, else to the six octets at `mac[0]` (a probe). False when there is
 * no room for another frame in this turn.
 */
export function sendArpRequest(cx: PipelineContext, rif: number, target: number, mac: Uint8Array | null): boolean {
  const source = ownAddressTowards(cx.rifs, rif, target);
  if (!sendArp(cx, rif, ArpOperation.Request, source, target, mac)) return false;
  cx.counters.events[CounterEvent.ArpRequests] = cx.counters.events[CounterEvent.ArpRequests]! + 1;
  return true;
}

/** Gratuitous ARP: tells the segment that `address` is ours (ZON-8), `twice` as an answer as well, which some heed alone. */
export function sendArpAnnouncement(cx: PipelineContext, rif: number, address: number, twice: boolean): boolean {
  if (!sendGratuitous(cx, rif, ArpOperation.Request, address)) return false;
  // Without room for it the other one has said it.
  if (twice) sendGratuitous(cx, rif, ArpOperation.Reply, address);
  return true;
}

function sendGratuitous(cx: PipelineContext, rif: number, operation: ArpOperation, address: number): boolean {
  if (!sendArp(cx, rif, operation, address, address, null)) return false;
  cx.counters.events[CounterEvent.ArpAnnouncements] = cx.counters.events[CounterEvent.ArpAnnouncements]! + 1;
  return true;
}

function sendArp(
  cx: PipelineContext,
  rif: number,
  operation: ArpOperation,
  sender: number,
  target: number,
  mac: Uint8Array | null,
): boolean {
  const m = cx.memory;
  const record = cx.scratch.take(ROOM);
  if (record < 0) return false;
  const arp = record + 14;
  const frame = arpFrameStart(cx, rif, arp);
  for (let i = 0; i < 6; i++) m.u8[frame + i] = mac === null ? 0xff : mac[i]!;
  arpWriteHead(m, arp, operation);
  for (let i = 0; i < 6; i++) {
    m.u8[arp + Arp.SenderMac + i] = cx.rifs.macs[rif * 8 + i]!;
    m.u8[arp + Arp.TargetMac + i] = operation === ArpOperation.Reply ? cx.rifs.macs[rif * 8 + i]! : 0;
  }
  arpWriteSenderIp(m, arp, sender);
  m.i32[(arp + Arp.TargetIp) >> 2] = target;
  arpWriteEthernet(cx, rif, arp);
  emitFrame(cx, rif, frame, arp - frame + Arp.Octets);
  cx.counters.events[CounterEvent.FramesMade] = cx.counters.events[CounterEvent.FramesMade]! + 1;
  return true;
}
