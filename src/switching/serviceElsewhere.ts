import { Kind, type PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { L2 } from '../tables/l2.js';
import { METADATA_ADDRESS } from '../tables/metadata.js';
import { Ethernet, EtherType, etherTypeAt, macWrite } from '../wire/ethernet.js';
import { FragmentBits, Ipv4, ipv4Check, ipv4Destination, ipv4HeaderLength, ipv4TotalLength, Protocol } from '../wire/ipv4.js';
import { tcpFits } from '../wire/tcp.js';
import { toMetadata } from './metadata.js';
import { enterReplica } from './replica.js';

/**
 * A frame of a port to the MAC of a service, or of a router, that another host has; `at`: its row in the L2 table. What is for
 * the metadata address is taken here, on the guest's own host, as if its router's replica had been asked, and never crosses the
 * fabric (dvr.md 2.15). Continue: it is anything else.
 */
export function toServiceElsewhere(cx: PipelineContext, f: number, at: number): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const ip = frame + Ethernet.Header;
  if (etherTypeAt(m, frame + Ethernet.Type) !== EtherType.Ipv4) return Verdict.Continue;
  if (ipv4Check(m, ip, frame + cx.lengths[f]!) !== Verdict.Continue) return Verdict.Continue;
  if (ipv4Destination(m, ip) !== METADATA_ADDRESS) return Verdict.Continue;
  const replica = cx.switching.l2.slots[at + L2.Replica]! - 1;
  if (replica >= 0) {
    const w = cx.rifs.macWords;
    macWrite(m, frame, w[replica << 1]!, w[(replica << 1) + 1]!);
    return enterReplica(cx, f, replica);
  }
  const taken = asked(cx, f, ip);
  return taken === Verdict.Continue ? Verdict.DropMartianDestination : taken;
}

/** Of a router that has nothing on this host. */
function asked(cx: PipelineContext, f: number, ip: number): Verdict {
  const m = cx.memory;
  const end = ip + ipv4TotalLength(m, ip);
  const l4 = ip + ipv4HeaderLength(m, ip);
  const whole = (m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) === 0;
  cx.rif[f] = -1;
  cx.ip[f] = ip;
  cx.end[f] = end;
  cx.kind[f] = whole ? Kind.Flow : Kind.Fragment;
  if (whole && m.u8[ip + Ipv4.Protocol] === Protocol.Tcp) {
    if (!tcpFits(m, l4, end)) return Verdict.DropTcpHeader;
    cx.ports[f] = m.i32[l4 >> 2]!;
  }
  return toMetadata(cx, f);
}
