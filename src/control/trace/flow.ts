import { swapPort } from '../../tables/portBlocks.js';
import { IcmpType } from '../../wire/icmp.js';
import { Protocol } from '../../wire/ipv4.js';
import type { Packet } from './writePacket.js';

/** What a session is found by, as the frame carries it: addresses and ports as loaded (pipeline/classify.ts). */
export interface Flow {
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  /** Source port | destination port << 16; an ICMP identifier stands where the side that asked has its port. */
  readonly ports: number;
  /** Whose sessions it may have (tables/routers.ts). */
  readonly router: number;
  /** Only static mappings have sessions of it: it has no ports, or is an ICMP query from outside (resolve/staticMapping.ts). */
  readonly onlyStatic: boolean;
}

/** What its sessions are looked for by, beside addresses and ports (tables/sessions.ts). */
export function scopeOfFlow({ protocol, router }: Flow): number {
  return protocol | (router << 8);
}

/** The flow of a packet; `inside`: it comes from there. The same choice as classify's and staticMapping's. */
export function flowOf(p: Packet, inside: boolean, router: number): Flow {
  const { protocol, source, destination } = p;
  const flow = { protocol, source, destination, router, onlyStatic: false };
  if (protocol === Protocol.Tcp || protocol === Protocol.Udp)
    return { ...flow, ports: swapPort(p.sourcePort) | (swapPort(p.destinationPort) << 16) };
  if (protocol !== Protocol.Icmp) return { ...flow, ports: 0, onlyStatic: true };
  const isQuery = p.icmpType === IcmpType.Echo;
  if (inside) return { ...flow, ports: swapPort(p.sourcePort), onlyStatic: !isQuery };
  const id = isQuery ? p.sourcePort : p.destinationPort;
  return { ...flow, ports: swapPort(id) << 16, onlyStatic: p.icmpType !== IcmpType.EchoReply };
}
