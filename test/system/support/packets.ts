/** Frames as the scenarios build and read them: plain objects, host-order numbers, dotted addresses. Lengths in octets. */

export interface Ipv4Packet {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly ttl: number;
  readonly id: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** In octets. */
  readonly fragmentOffset: number;
  readonly totalLength: number;
  readonly options: Buffer;
  /** Source and destination port, or ICMP identifier and 0; 0 for later fragments and other protocols. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly l4: Buffer;
}

export const EtherType = { Ipv4: 0x0800, Arp: 0x0806, Vlan: 0x8100, Rarp: 0x8035 } as const;
export const Protocol = { Icmp: 1, Tcp: 6, Udp: 17, Gre: 47 } as const;
export const TcpFlag = { Fin: 1, Syn: 2, Rst: 4, Psh: 8, Ack: 16 } as const;

export function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

export function macText(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, '0')).join(':');
}

export function addressBytes(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

export function addressText(octets: Uint8Array): string {
  return octets.join('.');
}

/** RFC 1071 over whole octets, big-endian, not folded into anything else. */
export function checksum(octets: Uint8Array, seed = 0): number {
  let sum = seed;
  for (let i = 0; i < octets.length; i += 2) sum += (octets[i]! << 8) | (octets[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export function ethernet(destination: string, source: string, type: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(14);
  macBytes(destination).copy(head, 0);
  macBytes(source).copy(head, 6);
  head.writeUInt16BE(type, 12);
  return Buffer.concat([head, payload]);
}

export interface Ipv4Fields {
  source: string;
  destination: string;
  protocol: number;
  ttl?: number;
  id?: number;
  dontFragment?: boolean;
  moreFragments?: boolean;
  fragmentOffset?: number;
  /** Padded with end-of-options to a multiple of 4. */
  options?: Uint8Array;
}

/** A packet with a right header checksum. */
export function ipv4(fields: Ipv4Fields, payload: Uint8Array): Buffer {
  const options = Buffer.alloc(((fields.options?.length ?? 0) + 3) & ~3);
  if (fields.options) options.set(fields.options);
  const head = Buffer.alloc(20 + options.length);
  options.copy(head, 20);
  head[0] = 0x40 | (head.length / 4);
  head.writeUInt16BE(head.length + payload.length, 2);
  head.writeUInt16BE(fields.id ?? 0x1234, 4);
  const flags = (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0);
  head.writeUInt16BE(flags | ((fields.fragmentOffset ?? 0) >> 3), 6);
  head[8] = fields.ttl ?? 64;
  head[9] = fields.protocol;
  addressBytes(fields.source).copy(head, 12);
  addressBytes(fields.destination).copy(head, 16);
  head.writeUInt16BE(checksum(head), 10);
  return Buffer.concat([head, payload]);
}

/** A TCP segment with a right checksum. `options` must be a multiple of 4 long. */
export function tcp(
  ends: { source: string; destination: string },
  ports: { source: number; destination: number },
  flags: number,
  payload: Uint8Array = new Uint8Array(0),
  options: Uint8Array = new Uint8Array(0),
): Buffer {
  const header = 20 + options.length;
  const segment = Buffer.concat([Buffer.alloc(20), options, payload]);
  segment.writeUInt16BE(ports.source, 0);
  segment.writeUInt16BE(ports.destination, 2);
  segment.writeUInt32BE(0x01020304, 4);
  segment.writeUInt32BE(flags & TcpFlag.Ack ? 0x0a0b0c0d : 0, 8);
  segment[12] = header << 2;
  segment[13] = flags;
  segment.writeUInt16BE(65000, 14);
  segment.writeUInt16BE(transportChecksum(ends, Protocol.Tcp, segment), 16);
  return segment;
}

/** A UDP datagram with a right checksum. */
export function udp(
  ends: { source: string; destination: string },
  ports: { source: number; destination: number },
  payload: Uint8Array,
): Buffer {
  const datagram = Buffer.concat([Buffer.alloc(8), payload]);
  datagram.writeUInt16BE(ports.source, 0);
  datagram.writeUInt16BE(ports.destination, 2);
  datagram.writeUInt16BE(datagram.length, 4);
  datagram.writeUInt16BE(transportChecksum(ends, Protocol.Udp, datagram) || 0xffff, 6);
  return datagram;
}

/** An ICMP message of 8 octets and a payload. Type 8 is an echo request. */
export function icmp(
  type: number,
  code: number,
  id: number,
  sequence: number,
  payload: Uint8Array = Buffer.alloc(48, 0x61),
): Buffer {
  const message = Buffer.concat([Buffer.alloc(8), payload]);
  message[0] = type;
  message[1] = code;
  message.writeUInt16BE(id, 4);
  message.writeUInt16BE(sequence, 6);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

/** An ARP packet; operation 1 asks, 2 answers. */
export function arp(operation: number, senderMac: string, senderIp: string, targetMac: string, targetIp: string): Buffer {
  const head = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation]);
  return Buffer.concat([head, macBytes(senderMac), addressBytes(senderIp), macBytes(targetMac), addressBytes(targetIp)]);
}

/** A whole frame by which a MAC asks for its own address (RFC 903), as QEMU does for a guest that has arrived. */
export function rarp(mac: string): Buffer {
  return ethernet('ff:ff:ff:ff:ff:ff', mac, EtherType.Rarp, arp(3, mac, '0.0.0.0', mac, '0.0.0.0'));
}

export function etherType(frame: Buffer): number {
  return frame.readUInt16BE(12);
}

/** The IPv4 packet of an untagged frame, or undefined. */
export function readIpv4(frame: Buffer): Ipv4Packet | undefined {
  if (frame.length < 34 || etherType(frame) !== EtherType.Ipv4) return undefined;
  return readPacket(frame.subarray(14));
}

/** An IPv4 packet that starts here, as a frame or an ICMP error carries it. */
export function readPacket(ip: Buffer): Ipv4Packet {
  const header = (ip[0]! & 15) * 4;
  const totalLength = ip.readUInt16BE(2);
  const fragment = ip.readUInt16BE(6);
  const protocol = ip[9]!;
  const l4 = ip.subarray(header, totalLength);
  const first = (fragment & 0x1fff) === 0;
  const ported = first && (protocol === Protocol.Tcp || protocol === Protocol.Udp) && l4.length >= 4;
  const echo = first && protocol === Protocol.Icmp && l4.length >= 6;
  return {
    source: addressText(ip.subarray(12, 16)),
    destination: addressText(ip.subarray(16, 20)),
    protocol,
    ttl: ip[8]!,
    id: ip.readUInt16BE(4),
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    totalLength,
    options: ip.subarray(20, header),
    sourcePort: ported ? l4.readUInt16BE(0) : echo ? l4.readUInt16BE(4) : 0,
    destinationPort: ported ? l4.readUInt16BE(2) : 0,
    l4,
  };
}

export function tcpFlags(packet: Ipv4Packet): number {
  return packet.protocol === Protocol.Tcp && packet.fragmentOffset === 0 ? packet.l4[13]! : 0;
}

/** TCP options by kind; no-operation is left out. */
export function tcpOptions(packet: Ipv4Packet): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  const end = (packet.l4[12]! >> 4) * 4;
  for (let at = 20; at < end; ) {
    const kind = packet.l4[at]!;
    if (kind === 0) break;
    if (kind === 1) {
      at++;
      continue;
    }
    const length = packet.l4[at + 1]!;
    found.set(kind, packet.l4.subarray(at + 2, at + length));
    at += length;
  }
  return found;
}

function transportChecksum(ends: { source: string; destination: string }, protocol: number, l4: Uint8Array): number {
  const pseudo = Buffer.concat([
    addressBytes(ends.source),
    addressBytes(ends.destination),
    Buffer.from([0, protocol, l4.length >> 8, l4.length]),
  ]);
  return checksum(l4, ~checksum(pseudo) & 0xffff);
}
