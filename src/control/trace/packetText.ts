import { protocolName, tcpFlagLetters } from '../../types/trace.js';
import { IcmpType } from '../../wire/icmp.js';
import { Protocol } from '../../wire/ipv4.js';
import { endpoint, text } from './scene.js';
import type { Packet } from './writePacket.js';

/** A packet in a line: protocol, both ends, length, TTL, and what is out of the ordinary. */
export function packetText(p: Packet): string {
  const { protocol, source, destination, ttl, length, dontFragment, tos, seen } = p;
  const port = (number: number): string => (number < 0 || protocol === Protocol.Icmp ? '' : `:${number}`);
  const ends = `${text(source)}${port(p.sourcePort)} > ${text(destination)}${port(p.destinationPort)}`;
  const odd = [
    ...(tos === 0 ? [] : [`TOS 0x${tos.toString(16).padStart(2, '0')}`]),
    ...(dontFragment ? ['DF'] : []),
    ...(seen?.isFirstFragment ? ['first of several fragments'] : []),
    ...((seen?.segment ?? 0) === 0 ? [] : [`a super-frame, taken as segments with ${seen!.segment} octets of data`]),
  ];
  return [`${protocolName(protocol)}${kind(p)} ${ends}`, `${length} octets`, `TTL ${ttl}`, ...odd].join(', ');
}

function kind({ protocol, tcpFlags, icmpType, sourcePort, destinationPort, seen }: Packet): string {
  if (protocol === Protocol.Tcp) return ` ${tcpFlagLetters(tcpFlags)}`;
  if (protocol !== Protocol.Icmp) return '';
  if (icmpType === IcmpType.Echo) return ` echo request ${sourcePort}`;
  if (icmpType === IcmpType.EchoReply) return ` echo reply ${destinationPort}`;
  const quoted = seen?.quoted;
  if (quoted === undefined) return ` ${icmpType}/${seen?.icmpCode ?? 0}`;
  // The flow is that of the way back: turned round again it is the packet that the error is about.
  const ported = quoted.protocol === Protocol.Tcp || quoted.protocol === Protocol.Udp;
  const end = (address: number, ports: number): string => (ported ? endpoint(address, ports & 0xffff) : text(address));
  const about = `${end(quoted.destination, quoted.ports >>> 16)} > ${end(quoted.source, quoted.ports)}`;
  return ` ${icmpType}/${seen!.icmpCode} about {${protocolName(quoted.protocol)} ${about}}`;
}

/** Octets of the largest packet that it is on a wire. */
export function largestPacket({ length, seen, protocol }: Packet): number {
  if ((seen?.segment ?? 0) === 0) return length;
  return Math.min(length, seen!.segment + 20 + (protocol === Protocol.Tcp ? 20 : 8));
}
