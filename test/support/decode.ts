import { FLAG_LETTERS } from './layers.js';
import { get16, get32, ipText, macText, naiveSum, pseudoHeader } from './octets.js';
import { readVirtio } from './virtio.js';

/** What stands in a frame, layer by layer, read without src/wire. Missing layers are not there or cut short. */
export interface Decoded {
  eth?: { dst: string; src: string; type: number };
  vlan?: { id: number; priority: number; type: number; tpid: number };
  arp?: { op: number; senderMac: string; senderIp: string; targetMac: string; targetIp: string };
  ipv4?: DecodedIpv4;
  udp?: { sport: number; dport: number; length: number; checksum: number };
  tcp?: {
    sport: number;
    dport: number;
    seq: number;
    ack: number;
    flags: string;
    window: number;
    options: number[];
    dataOffset: number;
    checksum: number;
  };
  icmp?: { type: number; code: number; id: number; seq: number; mtu: number; checksum: number };
  /** Behind the innermost layer, within the IP packet. */
  payload: Uint8Array;
  /** L4 header and payload, within the IP packet. */
  segment: Uint8Array;
}

export interface DecodedIpv4 {
  src: string;
  dst: string;
  ttl: number;
  protocol: number;
  tos: number;
  id: number;
  df: boolean;
  mf: boolean;
  offset: number;
  options: number[];
  version: number;
  ihl: number;
  totalLength: number;
  checksum: number;
}

export function decode(frame: Uint8Array): Decoded {
  const out: Decoded = { payload: frame, segment: frame };
  if (frame.length < 14) return out;
  let type = get16(frame, 12);
  out.eth = { dst: macText(frame, 0), src: macText(frame, 6), type };
  let at = 14;
  if (type === 0x8100 && frame.length >= 18) {
    out.vlan = { id: get16(frame, 14) & 0xfff, priority: frame[14]! >> 5, type: get16(frame, 16), tpid: type };
    type = out.vlan.type;
    at = 18;
  }
  out.payload = out.segment = frame.subarray(at);
  if (type === 0x0806 && frame.length >= at + 28) {
    out.arp = {
      op: get16(frame, at + 6),
      senderMac: macText(frame, at + 8),
      senderIp: ipText(frame, at + 14),
      targetMac: macText(frame, at + 18),
      targetIp: ipText(frame, at + 24),
    };
  }
  if (type === 0x0800) decodeIpv4(frame.subarray(at), out);
  return out;
}

/** Whether `decode` finds ARP in a frame. */
export function isArp(frame: Uint8Array): boolean {
  const at = frame.length >= 18 && get16(frame, 12) === 0x8100 ? 18 : 14;
  return frame.length >= at + 28 && get16(frame, at - 2) === 0x0806;
}

/** A packet that starts with its IPv4 header, as an ICMP error quotes it. */
export function decodePacket(packet: Uint8Array): Decoded {
  const out: Decoded = { payload: packet, segment: packet };
  decodeIpv4(packet, out);
  return out;
}

function decodeIpv4(p: Uint8Array, out: Decoded): void {
  if (p.length < 20) return;
  const ihl = p[0]! & 15;
  const fragment = get16(p, 6);
  out.ipv4 = {
    src: ipText(p, 12),
    dst: ipText(p, 16),
    ttl: p[8]!,
    protocol: p[9]!,
    tos: p[1]!,
    id: get16(p, 4),
    df: (fragment & 0x4000) !== 0,
    mf: (fragment & 0x2000) !== 0,
    offset: (fragment & 0x1fff) * 8,
    options: Array.from(p.subarray(20, ihl * 4)),
    version: p[0]! >> 4,
    ihl,
    totalLength: get16(p, 2),
    checksum: get16(p, 10),
  };
  const s = p.subarray(ihl * 4, out.ipv4.totalLength);
  out.payload = out.segment = s;
  if (out.ipv4.offset !== 0) return;
  if (out.ipv4.protocol === 17 && s.length >= 8) {
    out.udp = { sport: get16(s, 0), dport: get16(s, 2), length: get16(s, 4), checksum: get16(s, 6) };
    out.payload = s.subarray(8);
  } else if (out.ipv4.protocol === 6 && s.length >= 20) {
    const dataOffset = s[12]! >> 4;
    out.tcp = {
      sport: get16(s, 0),
      dport: get16(s, 2),
      seq: get32(s, 4),
      ack: get32(s, 8),
      flags: Array.from(FLAG_LETTERS, (letter, i) => ((s[13]! >> i) & 1 ? letter : '')).join(''),
      window: get16(s, 14),
      options: Array.from(s.subarray(20, dataOffset * 4)),
      dataOffset,
      checksum: get16(s, 16),
    };
    out.payload = s.subarray(dataOffset * 4);
  } else if (out.ipv4.protocol === 1 && s.length >= 8) {
    out.icmp = { type: s[0]!, code: s[1]!, id: get16(s, 4), seq: get16(s, 6), mtu: get16(s, 6), checksum: get16(s, 2) };
    out.payload = s.subarray(8);
  }
}

/**
 * Why a frame's checksums are wrong, or undefined when header and L4 checksum hold. A partial one must be exactly the
 * pseudo-header sum (OFF-2); a fragment's L4 checksum cannot be checked.
 */
export function checksumFault(frame: Uint8Array, virtio?: Uint8Array): string | undefined {
  const d = decode(frame);
  const { ipv4 } = d;
  if (ipv4 === undefined) return undefined;
  const ip = d.vlan === undefined ? 14 : 18;
  const sum = naiveSum(frame.subarray(ip, ip + ipv4.ihl * 4));
  if (sum !== 0xffff) return `IPv4 header sums to ${sum.toString(16)}`;
  if (ipv4.checksum === 0xffff) return 'IPv4 header checksum is ffff';
  if (ipv4.mf || ipv4.offset > 0) return undefined;
  const covered = d.udp === undefined ? d.segment : d.segment.subarray(0, d.udp.length);
  const pseudo = naiveSum(
    pseudoHeader(frame.subarray(ip + 12, ip + 16), frame.subarray(ip + 16, ip + 20), ipv4.protocol, covered.length),
  );
  const l4 = d.tcp ?? d.udp;
  if (virtio !== undefined && readVirtio(virtio).needsChecksum) {
    if (l4 === undefined) return 'a partial checksum of no protocol';
    return l4.checksum === pseudo || (l4.checksum + pseudo) % 0xffff === 0
      ? undefined
      : `partial L4 checksum is ${l4.checksum.toString(16)}, the pseudo header sums to ${pseudo.toString(16)}`;
  }
  if (d.icmp !== undefined) return naiveSum(d.segment) === 0xffff ? undefined : 'ICMP checksum is wrong';
  if (l4 === undefined || (d.udp !== undefined && d.udp.checksum === 0)) return undefined;
  return naiveSum(covered, pseudo) === 0xffff ? undefined : 'L4 checksum is wrong';
}
