import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { delta16, moveFinished } from '../wire/checksum.js';
import { Icmp, IcmpType } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, ipv4WriteChecksum, Protocol } from '../wire/ipv4.js';
import { virtioClear } from '../wire/virtioNet.js';
import { sendMade } from './sendMade.js';

/** Addressed to the router itself: ICMP echo is answered in place (ICM-3), everything else is a counted drop. */
export function localService(cx: PipelineContext, f: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) !== 0) return Verdict.DropFragment;
  const icmp = ip + ipv4HeaderLength(m, ip);
  if (m.u8[ip + Ipv4.Protocol] !== Protocol.Icmp || m.u16[icmp >> 1] !== IcmpType.Echo) return Verdict.DropLocalUnknown;
  const asker = ipv4Source(m, ip);
  m.i32[(ip + Ipv4.Source) >> 2] = ipv4Destination(m, ip);
  m.i32[(ip + Ipv4.Destination) >> 2] = asker;
  m.u8[ip + Ipv4.Ttl] = 64;
  ipv4WriteChecksum(m, ip);
  m.u16[icmp >> 1] = IcmpType.EchoReply;
  const check = (icmp + Icmp.Checksum) >> 1;
  m.u16[check] = moveFinished(m.u16[check]!, delta16(IcmpType.Echo, IcmpType.EchoReply));
  virtioClear(m, cx.offsets[f]!);
  sendMade(cx, f, ip, cx.end[f]! - ip, ip - cx.offsets[f]!, asker);
  return Verdict.EchoAnswered;
}
