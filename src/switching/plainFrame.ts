import { Ethernet } from '../wire/ethernet.js';
import { Icmp, IcmpType } from '../wire/icmp.js';
import { FragmentBits, Ipv4, Protocol } from '../wire/ipv4.js';
import { Tcp } from '../wire/tcp.js';
import { Udp } from '../wire/udp.js';
import { VirtioFlag } from '../wire/virtioNet.js';

/** Ports of DHCP as loaded, source in the lower half: what a port's guard looks at beside addresses. */
const FROM_DHCP_SERVER = (67 << 8) | (68 << 24);

/** Checksum offset of a protocol whose checksum nobody leaves to be completed. */
const NOWHERE = -1;

/**
 * End of the packet of a plain frame whose words begin at `h`; 0: it is not plain. What classifyPlain (pipeline/plainClassify.ts)
 * takes as plain, whose loop goes on with the same words, is plain here, but for what DHCP servers send. Echoes are plain here
 * alone: pings are rare, and each would walk the long way through code that has left the caches.
 */
export function plainEnd(i32: Int32Array, h: number, frame: number, length: number): number {
  const a = i32[h + 6]!;
  const b = i32[h + 7]!;
  const c = i32[h + 8]!;
  const d = i32[h + 9]!;
  const e = i32[h + 10]!;
  const total = ((a >>> 8) & 0xff00) | (a >>> 24);
  if ((a & 0xff) !== 0x45 || total > length - Ethernet.Header || ((b >>> 16) & FragmentBits.NotWhole) !== 0) return 0;
  let sum = (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16) + (c & 0xffff) + (c >>> 16);
  sum += (d & 0xffff) + (d >>> 16) + (e & 0xffff) + (e >>> 16);
  if ((sum & 0xffff) + (sum >>> 16) !== 0xffff) return 0;
  const protocol = (c >>> 8) & 0xff;
  const octets = total - Ipv4.MinHeader;
  let checksumAt: number;
  if (protocol === Protocol.Udp && octets >= Udp.Header) {
    const word = i32[h + 12]!;
    const udpOctets = ((word & 0xff) << 8) | ((word >>> 8) & 0xff);
    if (udpOctets < Udp.Header || udpOctets > octets || i32[h + 11] === FROM_DHCP_SERVER) return 0;
    checksumAt = Udp.Checksum;
  } else if (protocol === Protocol.Tcp && octets >= Tcp.MinHeader) {
    const header = (i32[h + 14]! & 0xf0) >> 2;
    if (header < Tcp.MinHeader || header > octets) return 0;
    checksumAt = Tcp.Checksum;
  } else if (protocol === Protocol.Icmp && octets >= Icmp.Header) {
    const type = i32[h + 11]! & 0xffff;
    if (type !== IcmpType.Echo && type !== IcmpType.EchoReply) return 0;
    checksumAt = NOWHERE;
  } else return 0;
  const flagsAndGso = i32[h]! & 0xffff & ~VirtioFlag.DataValid;
  if (flagsAndGso !== 0) {
    const start = Ethernet.Header + Ipv4.MinHeader;
    if (flagsAndGso !== VirtioFlag.NeedsChecksum || i32[h + 1]! >>> 16 !== start || (i32[h + 2]! & 0xffff) !== checksumAt)
      return 0;
  }
  return frame + Ethernet.Header + total;
}
