import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { IcmpType, UnreachableCode } from '../wire/icmp.js';
import { FragmentBits, Ipv4 } from '../wire/ipv4.js';
import { asItCame } from './asItCame.js';
import { sendIcmpError } from './icmpError.js';

/** What every link of IPv4 takes (RFC 791 3.2): a header of 60 octets and a fragment of 8. */
const LEAST_MTU = 68;

/**
 * A packet larger than `mtu`: with DF the sender is told (3/4, quoting the packet as it came, ERR-12) and it is dropped;
 * without DF Continue says "fragment it". A way whose MTU leaves no room for 8 octets behind the longest header takes no fragments.
 */
export function tooBig(cx: PipelineContext, f: number, mtu: number): Verdict {
  const m = cx.memory;
  if ((m.u16[(cx.ip[f]! + Ipv4.FlagsFragment) >> 1]! & FragmentBits.DontFragment) !== 0) {
    if (cx.hairpin) asItCame(cx, f);
    sendIcmpError(cx, f, IcmpType.Unreachable, UnreachableCode.FragmentationNeeded, mtu);
    return Verdict.DropFragmentationNeeded;
  }
  return mtu < LEAST_MTU ? Verdict.DropMtuTooSmall : Verdict.Continue;
}
