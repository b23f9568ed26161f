import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Ethernet } from '../wire/ethernet.js';
import { GsoType, VirtioFlag, virtioFlagsAndGso, virtioOf } from '../wire/virtioNet.js';

/** IPv6 header (RFC 8200), ICMPv6 (RFC 4443) and what of neighbour discovery (RFC 4861) is looked at. */
const enum Ipv6 {
  NextHeader = 6,
  Source = 8,
  Header = 40,
  Icmp = 58,
  RouterAdvert = 134,
  NeighborAdvert = 136,
  Redirect = 137,
  /** From the ICMPv6 header on. */
  Target = 8,
  Neighbor = 24,
}

/**
 * IPv6 is bridged within a network and not routed (D16). A port may use the link-local address that its MAC gives (RFC 4291, appendix A)
 * and the unspecified one; it may not say it is a router, nor answer for an address it may not use.
 */
export function guardIpv6(cx: PipelineContext, f: number, macA: number, macB: number, secure: boolean): Verdict {
  const m = cx.memory;
  const frame = cx.offsets[f]!;
  const end = frame + cx.lengths[f]!;
  const ip = frame + Ethernet.Header;
  if (end - ip < Ipv6.Header || m.u8[ip]! >> 4 !== 6) return Verdict.DropIpv6;
  if (!checksumWithin(cx, frame, end)) return Verdict.DropVirtioHeader;
  const icmp = ip + Ipv6.Header;
  const type = m.u8[ip + Ipv6.NextHeader] === Ipv6.Icmp && icmp < end ? m.u8[icmp]! : 0;
  if (type === Ipv6.RouterAdvert || type === Ipv6.Redirect) return Verdict.DropRouterAdvert;
  if (!secure) return Verdict.Continue;
  if (!isOwn(cx, ip + Ipv6.Source, macA, macB, true)) return Verdict.DropSpoofIp;
  if (type !== Ipv6.NeighborAdvert) return Verdict.Continue;
  const whole = end - icmp >= Ipv6.Neighbor;
  return whole && isOwn(cx, icmp + Ipv6.Target, macA, macB, false) ? Verdict.Continue : Verdict.DropSpoofArp;
}

/** The address at `at` (2 mod 4) is the link-local one of the MAC, or the unspecified one where that may be. */
function isOwn(cx: PipelineContext, at: number, macA: number, macB: number, unspecified: boolean): boolean {
  const h = cx.memory.u16;
  const w = at >> 1;
  if (h[w + 1] !== 0 || h[w + 2] !== 0 || h[w + 3] !== 0) return false;
  if (h[w] === 0) return unspecified && h[w + 4] === 0 && h[w + 5] === 0 && h[w + 6] === 0 && h[w + 7] === 0;
  // fe80::/64, then the MAC with its universal bit turned and ff:fe in the middle.
  return (
    h[w] === 0x80fe &&
    h[w + 4] === (macA ^ 0x02) &&
    h[w + 5] === ((macB & 0xff) | 0xff00) &&
    h[w + 6] === (0x00fe | (macB & 0xff00)) &&
    h[w + 7] === macB >>> 16
  );
}

/** What the virtio-net header asks for lies within the frame; super-frames of IPv6 are not offered by our devices. */
function checksumWithin(cx: PipelineContext, frame: number, end: number): boolean {
  const m = cx.memory;
  const flagsAndGso = virtioFlagsAndGso(m, frame);
  if (flagsAndGso >> 8 !== GsoType.None) return false;
  if ((flagsAndGso & VirtioFlag.NeedsChecksum) === 0) return true;
  const h = virtioOf(frame) >> 1;
  const start = m.u16[h + 3]!;
  return start >= Ethernet.Header && frame + start + m.u16[h + 4]! + 2 <= end;
}
