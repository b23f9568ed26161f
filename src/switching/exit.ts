import type { PipelineContext } from '../pipeline/context.js';
import { moveVirtio } from '../pipeline/emit.js';
import { enlist } from '../pipeline/sendList.js';
import { sendWithoutOffload } from '../pipeline/withoutOffload.js';
import { CounterRoom } from '../shared/counters.js';
import { HostMac } from '../tables/hostMacs.js';
import { L2Kind } from '../tables/l2.js';
import { Lport } from '../tables/lports.js';
import { Network, SegType } from '../tables/networks.js';
import { GONE_IFACE } from '../tables/rifs.js';
import { Arp } from '../wire/arp.js';
import { Ethernet, EtherType, etherTypeAt, macWrite } from '../wire/ethernet.js';
import { encapsulate } from './encapsulate.js';
import { largestOf } from './largest.js';

/** The one way out of a network (dvr.md 2.12, 3.4 P6): to a port of this host, or to the fabric. */

/** Puts a frame on the list of a port's device. The frame stays as it is until the flush. */
export function deliver(cx: PipelineContext, port: number, frame: number, length: number): void {
  sendBySlot(cx, cx.switching.lports.rows[port * Lport.Words + Lport.Iface]!, frame, length);
}

/** True when a frame fits its network, and so the tunnels that carry it. */
export function fitsNetwork(cx: PipelineContext, frame: number, length: number): boolean {
  const mtu = cx.switching.networks.rows[cx.network * Network.Words + Network.Mtu]!;
  return length - Ethernet.Header <= mtu || largestOf(cx, frame, length) <= mtu;
}

/** To another host (`kind` Remote, `number` its VTEP) or onto the physical network (Wire). The frame is used up. */
export function sendToHost(
  cx: PipelineContext,
  network: number,
  kind: L2Kind,
  number: number,
  frame: number,
  length: number,
): void {
  const { rows } = cx.switching.networks;
  const row = network * Network.Words;
  if (kind === L2Kind.Remote) {
    const tunnel = cx.tunnels[rows[row + Network.SegType] === SegType.Gre ? 1 : 0]!;
    encapsulate(
      cx,
      tunnel,
      rows[row + Network.SegType]!,
      rows[row + Network.SegId]!,
      cx.switching.vteps.addresses[number]!,
      frame,
      length,
    );
    return;
  }
  const slot = rows[row + Network.Physnet]!;
  if (rows[row + Network.SegType] !== SegType.Vlan) {
    sendBySlot(cx, slot < 0 ? GONE_IFACE : slot, frame, length);
    return;
  }
  const m = cx.memory;
  const tagged = frame - 4;
  moveVirtio(m, frame, tagged, 4);
  m.u8.copyWithin(tagged, frame, frame + 12);
  m.u16[(tagged + 12) >> 1] = EtherType.Vlan;
  m.u8[tagged + 14] = rows[row + Network.SegId]! >> 8;
  m.u8[tagged + 15] = rows[row + Network.SegId]!;
  sendBySlot(cx, slot < 0 ? GONE_IFACE : slot, tagged, length + 4);
}

/** 2.12 a: what leaves the host has its own MAC as source; ARP names it too (2.11). */
export function useHostMac(cx: PipelineContext, frame: number): void {
  const m = cx.memory;
  const t = cx.switching.hostMacs;
  macWrite(m, frame + Ethernet.Source, t[HostMac.OwnA]!, t[HostMac.OwnB]!);
  if (etherTypeAt(m, frame + Ethernet.Type) !== EtherType.Arp) return;
  macWrite(m, frame + Ethernet.Header + Arp.SenderMac, t[HostMac.OwnA]!, t[HostMac.OwnB]!);
}

/** Puts a frame on the list of the device in a slot. */
export function sendBySlot(cx: PipelineContext, slot: number, frame: number, length: number): void {
  const outlet = cx.outlets[slot]!;
  const counters = CounterRoom.FirstDevice + slot;
  if (outlet.lacks === 0 || !sendWithoutOffload(cx, counters, counters, outlet, frame, length))
    enlist(cx, counters, outlet, frame, length);
}
