import type { FrameFields } from '../../types/traceFrame.js';
import { IcmpType, isTranslatedError } from '../../wire/icmp.js';
import { Protocol } from '../../wire/ipv4.js';

/**
 * Frames as fields, from their octets: whatever they are, nothing is read beyond their end.
 */

const ETHERNET = 14;
const TAGGED = 18;
const MIN_IPV4 = 20;
const MIN_L4 = 8;
const MIN_TCP = 20;
/** Octets of a frame that hold all fields: Ethernet with a tag, IPv4 and TCP with all their options; or an ICMP error with its quote. */
export const FIELD_OCTETS = TAGGED + 60 + MIN_L4 + 60 + MIN_L4;

/** The fields of an IPv4 frame; undefined when it is none, or is cut off within its IPv4 header. */
export function frameFields(frame: Uint8Array): FrameFields | undefined {
  if (frame.length < ETHERNET) return undefined;
  const isTagged = word(frame, 12) === 0x8100 && frame.length >= TAGGED;
  const ip = frame.subarray(isTagged ? TAGGED : ETHERNET);
  if (word(frame, isTagged ? 16 : 12) !== 0x0800 || ip.length < MIN_IPV4) return undefined;
  return {
    sourceMac: mac(frame, 6),
    destinationMac: mac(frame, 0),
    vlan: isTagged ? word(frame, 14) & 0xfff : 0,
    source: address(ip, 12),
    destination: address(ip, 16),
    tos: ip[1]!,
    ttl: ip[8]!,
    length: word(ip, 2),
    protocol: ip[9]!,
    ...l4Fields(ip),
  };
}

type L4Fields = Pick<FrameFields, 'sourcePort' | 'destinationPort' | 'icmpId' | 'quotedSource' | 'quotedDestination' | 'mss'>;

function l4Fields(ip: Uint8Array): L4Fields {
  const none = { sourcePort: null, destinationPort: null, icmpId: null, quotedSource: null, quotedDestination: null, mss: null };
  const l4 = ip.subarray((ip[0]! & 15) * 4);
  const isLaterFragment = (word(ip, 6) & 0x1fff) !== 0;
  if (isLaterFragment || l4.length < MIN_L4) return none;
  const protocol = ip[9]!;
  if (protocol === Protocol.Icmp) return { ...none, icmpId: icmpId(l4), ...quoted(l4) };
  if (protocol !== Protocol.Tcp && protocol !== Protocol.Udp) return none;
  const mss = protocol === Protocol.Tcp ? mssOf(l4) : null;
  return { ...none, sourcePort: word(l4, 0), destinationPort: word(l4, 2), mss };
}

/** Null for a message that has none. */
function icmpId(l4: Uint8Array): number | null {
  return l4[0] === IcmpType.Echo || l4[0] === IcmpType.EchoReply ? word(l4, 4) : null;
}

function quoted(l4: Uint8Array): Partial<L4Fields> {
  const quote = l4.subarray(MIN_L4);
  if (!isTranslatedError(l4[0]!) || quote.length < MIN_IPV4) return {};
  const { sourcePort, destinationPort, icmpId: id } = l4Fields(quote);
  const type = quote[(quote[0]! & 15) * 4];
  const end = (at: string, port: number | null): string => (port === null ? at : `${at}:${port}`);
  return {
    quotedSource: end(address(quote, 12), sourcePort ?? (type === IcmpType.Echo ? id : null)),
    quotedDestination: end(address(quote, 16), destinationPort ?? (type === IcmpType.EchoReply ? id : null)),
  };
}

/** The MSS option of a SYN (RFC 9293 3.2), or null. */
function mssOf(tcp: Uint8Array): number | null {
  if (tcp.length < MIN_TCP || (tcp[13]! & 2) === 0) return null;
  const end = Math.min(tcp.length, (tcp[12]! >> 4) * 4);
  for (let at = MIN_TCP; at < end && tcp[at] !== 0; ) {
    const octets = tcp[at] === 1 ? 1 : (tcp[at + 1] ?? 0);
    if (tcp[at] === 2 && octets === 4 && at + 4 <= end) return word(tcp, at + 2);
    if (octets < 1 || (tcp[at] !== 1 && octets < 2)) return null;
    at += octets;
  }
  return null;
}

function word(octets: Uint8Array, at: number): number {
  return (octets[at]! << 8) | octets[at + 1]!;
}

function address(octets: Uint8Array, at: number): string {
  return octets.subarray(at, at + 4).join('.');
}

function mac(octets: Uint8Array, at: number): string {
  return Array.from(octets.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, '0')).join(':');
}
