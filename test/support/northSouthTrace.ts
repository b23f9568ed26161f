import type { Objects } from '../../src/objects/model.js';
import type { TraceAnswer } from '../../src/types/trace.js';
import { decode } from './decode.js';
import { lport } from './dvrSample.js';
import type { FabricWorld } from './fabric.js';
import { fromUpstream } from './floatingSample.js';
import { arp, eth, ipv4, packet, udp } from './layers.js';
import { SNAT_MAC } from './snatSample.js';

/** What traces of north-south are compared with: frames that were sent. */
export const WORLD = '8.8.8.8';
const UPSTREAM = '192.168.1.1';
export const A4 = { mac: 'fa:16:3e:00:0a:04', ip: '10.0.0.14' };

/** With a guest on the host that has the SNAT service. */
export function withA4(objects: Objects): Objects {
  return { ...objects, lports: [...objects.lports, lport('a4', 'blue', A4.mac, A4.ip, 'n')] };
}

export function datagram(
  src: string,
  dst: string,
  from: string,
  to: string,
  more: { ttl?: number; sport?: number; dport?: number } = {},
) {
  const { ttl = 64, sport = 4000, dport = 53 } = more;
  return packet(eth({ src, dst }), ipv4({ src: from, dst: to, ttl }), udp({ sport, dport }));
}

/** Lets the upstream router answer who asks for it; what crossed beside that. */
export function answerAsked(w: FabricWorld) {
  return w.take().filter(({ kind, octets }) => {
    const a = decode(octets).arp;
    if (kind !== 'wire' || a?.op !== 1 || a.targetIp !== UPSTREAM) return kind !== 'wire' || a === undefined;
    const answer = arp({ op: 2, senderMac: SNAT_MAC.u, senderIp: UPSTREAM, targetMac: a.senderMac, targetIp: a.senderIp });
    fromUpstream(w, packet(eth({ src: SNAT_MAC.u, dst: a.senderMac }), answer));
    return false;
  });
}

export function leaving({ frame }: TraceAnswer) {
  const { sourceMac, destinationMac, source, destination, ttl } = frame!.after;
  return [sourceMac, destinationMac, source, destination, ttl];
}

export function seen(octets: Uint8Array) {
  const { eth: e, ipv4: i } = decode(octets);
  return [e!.src, e!.dst, i!.src, i!.dst, i!.ttl];
}

/** A packet of A2, which has no floating IP. */
export const A2 = `in=a2,src=10.0.0.12,dst=${WORLD},proto=udp,sport=4000,dport=53`;
