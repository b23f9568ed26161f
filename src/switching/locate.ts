import { countReceived } from '../pipeline/classify.js';
import type { PipelineContext } from '../pipeline/context.js';
import { moveVirtio } from '../pipeline/emit.js';
import { CounterRoom } from '../shared/counters.js';
import { Verdict } from '../shared/verdict.js';
import { Lport, LportFlag } from '../tables/lports.js';
import { networkOfSegment, networkOfVlan, SegType } from '../tables/networks.js';
import { Fabric } from '../tables/switching.js';
import { vtepOf } from '../tables/vteps.js';
import { Ethernet, EtherType, etherTypeAt, TagColumn } from '../wire/ethernet.js';
import { fromMetadata } from './metadata.js';

/**
 * First stage: the network a frame is in and the port it came from, by its device alone (dvr.md 3.4, P1). Leaves `cx.network` and `cx.lport`
 * (-1: from the fabric). Behind it every frame is untagged.
 */
export function locate(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const slot = cx.iface;
  const frame = cx.offsets[f]!;
  const length = cx.lengths[f]!;
  if (!cx.requeued) countReceived(cx, CounterRoom.FirstDevice + slot, frame, length);
  if ((cx.tags[f]! & TagColumn.BadTunnelHeader) !== 0) return Verdict.DropTunnelHeader;
  if (length < Ethernet.Header) return Verdict.DropShortFrame;
  cx.lport = cx.switching.lports.ofIface[slot]! - 1;
  cx.routedByPeer = false;
  const type = etherTypeAt(m, frame + Ethernet.Type);
  const tagged = cx.tags[f] !== 0 || type === EtherType.Vlan || type === EtherType.ServiceVlan;
  if (cx.lport >= 0) return tagged ? Verdict.DropVlanTagged : fromLport(cx);
  const fabric = cx.switching.fabric[slot]!;
  if (fabric === Fabric.Physnet) return fromPhysnet(cx, f, type);
  if (fabric === Fabric.Metadata) return fromMetadata(cx, f);
  if (fabric === Fabric.PhysnetUnused) return Verdict.DropPhysnetUnused;
  if (tagged) return Verdict.DropVlanTagged;
  if (vtepOf(cx.switching.vteps, cx.sources[f]!) < 0) return Verdict.DropVtepUnknown;
  const segType = fabric === Fabric.Vxlan ? SegType.Vxlan : SegType.Gre;
  cx.network = networkOfSegment(cx.switching.networks, segType, cx.segments[f]!);
  return cx.network < 0 ? Verdict.DropNetworkUnknown : Verdict.Continue;
}

function fromLport(cx: PipelineContext): Verdict {
  const { rows } = cx.switching.lports;
  const row = cx.lport * Lport.Words;
  cx.network = rows[row + Lport.Network]!;
  const flags = rows[row + Lport.Flags]!;
  if ((flags & LportFlag.AdminUp) === 0) return Verdict.DropLportDown;
  return (flags & LportFlag.Migrating) === 0 ? Verdict.Continue : Verdict.DropLportMigrating;
}

/** Takes the tag off, where the kernel has not. */
function fromPhysnet(cx: PipelineContext, f: number, type: number): Verdict {
  const m = cx.memory;
  const tag = cx.tags[f]!;
  if ((tag & TagColumn.Service) !== 0 || type === EtherType.ServiceVlan) return Verdict.DropVlanTagged;
  let vlan = tag & 0xfff;
  if (type === EtherType.Vlan) {
    const frame = cx.offsets[f]!;
    if (tag !== 0 || cx.lengths[f]! < Ethernet.TaggedHeader) return Verdict.DropVlanTagged;
    vlan = ((m.u8[frame + 14]! & 0x0f) << 8) | m.u8[frame + 15]!;
    m.u8.copyWithin(frame + 4, frame, frame + 12);
    moveVirtio(m, frame, frame + 4, -4);
    cx.offsets[f] = frame + 4;
    cx.lengths[f] = cx.lengths[f]! - 4;
    const inner = etherTypeAt(m, frame + 4 + Ethernet.Type);
    if (inner === EtherType.Vlan || inner === EtherType.ServiceVlan) return Verdict.DropVlanTagged;
  }
  cx.network = networkOfVlan(cx.switching.networks, cx.iface, vlan);
  return cx.network < 0 ? Verdict.DropNetworkUnknown : Verdict.Continue;
}
