import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { type Decoded, decode } from './decode.js';
import { eth, type IcmpFields, type Ipv4Fields, icmp, ipv4, packet, type TcpFields, tcp, type UdpFields, udp } from './layers.js';
import { GW, REMOTE, UPSTREAM } from './sample.js';
import type { World } from './world.js';
import { macOf } from './worldParts.js';

/** Frames of the sample network, from an inside host out and from a remote host in. */

export const PAYLOAD = 'the quick brown fox';

export function udpOut(from: string, sport: number, to: string = REMOTE, u: UdpFields = {}, ip: Ipv4Fields = {}): Uint8Array {
  return packet(outward(from), ipv4({ src: from, dst: to, ...ip }), udp({ sport, dport: 5000, ...u }), PAYLOAD);
}

export function tcpOut(
  from: string,
  sport: number,
  flags: string,
  to: string = REMOTE,
  t: TcpFields = {},
  ip: Ipv4Fields = {},
): Uint8Array {
  return packet(
    outward(from),
    ipv4({ src: from, dst: to, df: true, ...ip }),
    tcp({ sport, dport: 80, flags, ...t }),
    flags === 'S' ? '' : PAYLOAD,
  );
}

export function echoOut(from: string, id: number, to: string = REMOTE, i: IcmpFields = {}, ip: Ipv4Fields = {}): Uint8Array {
  return packet(outward(from), ipv4({ src: from, dst: to, ...ip }), icmp({ type: 8, id, seq: 1, ...i }), PAYLOAD);
}

export function outward(from: string): ReturnType<typeof eth> {
  return eth({ dst: from.startsWith('10.0.1.') ? GW.dmz : GW.lan, src: macOf(from) });
}

export function inward(): ReturnType<typeof eth> {
  return eth({ dst: GW.wan, src: macOf(UPSTREAM) });
}

/** The answer of whoever got the frame: addresses and ports turned round. */
export function answerTo(frame: MemoryFrame, t: TcpFields = {}, ip: Ipv4Fields = {}, payload = PAYLOAD): Uint8Array {
  const d = decode(frame.octets);
  const ends = { src: d.ipv4!.dst, dst: d.ipv4!.src, ...ip };
  if (d.udp) return packet(inward(), ipv4(ends), udp({ sport: d.udp.dport, dport: d.udp.sport }), payload);
  if (d.icmp) return packet(inward(), ipv4(ends), icmp({ type: 0, id: d.icmp.id, seq: d.icmp.seq }), payload);
  return packet(inward(), ipv4(ends), tcp({ sport: d.tcp!.dport, dport: d.tcp!.sport, flags: 'SA', ...t }), payload);
}

/** Sends a frame out and returns what left, decoded. */
export function outVia(w: World, iface: string, frame: Uint8Array | MemoryFrame): Decoded {
  w.send(iface, frame);
  return decode(w.one('wan').octets);
}

/** External port or echo id of what left. */
export function externalPort(d: Decoded): number {
  const port = d.udp?.sport ?? d.tcp?.sport ?? d.icmp?.id;
  assert.ok(port !== undefined, 'not a flow');
  return port;
}
