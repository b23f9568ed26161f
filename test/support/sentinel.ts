import { decode, decodePacket } from './decode.js';

const ICMP_ERRORS = [3, 4, 5, 11, 12];

/**
 * GEN-7: which inside address a frame shows that left by an outside interface, and where; undefined: none. Looked for in ARP, in
 * the IPv4 header, and in the header an ICMP error quotes. `isInside` says of an address whether it is one.
 */
export function insideAddressIn(frame: Uint8Array, isInside: (address: string) => boolean): string | undefined {
  const { arp, ipv4, icmp, segment } = decode(frame);
  const shown: Record<string, string | undefined> = {
    'ARP sender': arp?.senderIp,
    'ARP target': arp?.targetIp,
    source: ipv4?.src,
    destination: ipv4?.dst,
  };
  if (icmp !== undefined && ICMP_ERRORS.includes(icmp.type)) {
    const quoted = decodePacket(segment.subarray(8)).ipv4;
    shown['quoted source'] = quoted?.src;
    shown['quoted destination'] = quoted?.dst;
  }
  const found = Object.entries(shown).find(([, address]) => address !== undefined && isInside(address));
  return found && `${found[0]} ${found[1]}`;
}
