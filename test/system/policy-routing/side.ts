import { EtherType, ethernet, ipv4, Protocol, readIpv4, udp } from '../support/packets.js';
import type { Wire } from '../support/wire.js';
import type { Packet } from './answers.js';

/** Linux says no more than five of some errors at once to one source (ip_error), so every packet comes from the next of these. */
export const CLIENTS: readonly string[] = Array.from({ length: 12 }, (_, i) => `10.0.1.${11 + i}`);
const TOS_AT = 1;
const CHECKSUM_AT = 10;

/** A router as its three neighbours see it: what becomes of a packet that one of them sends. */
export class Side {
  constructor(
    readonly lan: Wire,
    readonly others: ReadonlyMap<string, Wire>,
    /** The router's MAC at the client. */
    readonly mac: string,
  ) {}

  send(packet: Packet, id: number): void {
    for (const wire of [this.lan, ...this.others.values()]) wire.clear();
    const ends = { source: packet.from ?? CLIENTS[id % CLIENTS.length]!, destination: packet.to };
    const ports = { source: packet.sourcePort ?? 5000, destination: packet.destinationPort ?? 9 };
    const datagram = udp(ends, ports, Buffer.alloc(packet.octets ?? 20, 7));
    const dontFragment = packet.octets !== undefined;
    const whole = ipv4({ ...ends, protocol: Protocol.Udp, ttl: packet.ttl ?? 64, id, dontFragment }, datagram);
    if (packet.tos !== undefined) marked(whole, packet.tos);
    this.lan.send(ethernet(this.mac, this.lan.mac, EtherType.Ipv4, whole));
  }

  /** "icmp 3/13 from 10.0.1.1", "icmp 3/4 mtu 1000 from 10.0.1.1", "lab ttl 63", or '' as long as nothing has come. */
  outcome(id: number): string {
    for (const { frame } of this.lan.collect()) {
      const got = readIpv4(frame);
      if (got?.protocol !== Protocol.Icmp || ![3, 11].includes(got.l4[0]!) || got.l4.readUInt16BE(8 + 4) !== id) continue;
      const [type, code] = got.l4;
      return `icmp ${type}/${code}${type === 3 && code === 4 ? ` mtu ${got.l4.readUInt16BE(6)}` : ''} from ${got.source}`;
    }
    for (const [name, wire] of this.others)
      for (const { frame } of wire.collect()) {
        const got = readIpv4(frame);
        if (got?.protocol === Protocol.Udp && got.id === id) return `${name} ttl ${got.ttl}`;
      }
    return '';
  }
}

/** Writes the octet into a header and makes its checksum right again. */
function marked(packet: Buffer, tos: number): void {
  packet[TOS_AT] = tos;
  packet.writeUInt16BE(0, CHECKSUM_AT);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += packet.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  packet.writeUInt16BE(~sum & 0xffff, CHECKSUM_AT);
}
