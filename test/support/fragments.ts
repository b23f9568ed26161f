import { decode } from './decode.js';
import { type Ipv4Fields, ipv4, type Layer, packet, raw } from './layers.js';
import type { Dice } from './mutate.js';
import { naiveSum, pseudoHeader } from './octets.js';
import { reassemble } from './reassemble.js';

/** A datagram's IPv4 fields and what is in it. */
export interface Datagram {
  readonly link: Layer;
  readonly ip: Ipv4Fields & { readonly src: string; readonly dst: string };
  /** Transport header and payload. */
  readonly segment: Uint8Array;
  readonly protocol: number;
}

/** Datagram of `layer` with `payload` behind it. */
export function datagram(link: Layer, ip: Datagram['ip'], layer: Layer, payload: Uint8Array): Datagram {
  const protocol = { udp: 17, tcp: 6, icmp: 1 }[layer.name]!;
  return { link, ip, segment: layer.build(payload, ipv4(ip), undefined), protocol };
}

/** Cut at the offsets given (multiples of 8, ascending), in order. */
export function cutAt({ link, ip, segment, protocol }: Datagram, offsets: readonly number[]): Uint8Array[] {
  const edges = [0, ...offsets, segment.length];
  return edges.slice(1).map((end, i) => {
    const offset = edges[i]!;
    return packet(link, ipv4({ ...ip, protocol, offset, mf: end < segment.length }), raw(segment.slice(offset, end)));
  });
}

/** Cut into pieces of at most `octets` each, as a host on a link with that MTU less its header would. */
export function cut(d: Datagram, octets: number): Uint8Array[] {
  const step = octets & ~7;
  return cutAt(
    d,
    Array.from({ length: Math.max(0, Math.ceil(d.segment.length / step) - 1) }, (_, i) => (i + 1) * step),
  );
}

/** Cut anywhere; the first piece has at least `least` octets. */
export function cutAnywhere(d: Datagram, dice: Dice, least: number): Uint8Array[] {
  const offsets: number[] = [];
  for (let at = ((least + 7) & ~7) + 8 * dice.below(20); at < d.segment.length; at += 8 * (1 + dice.below(60))) offsets.push(at);
  return cutAt(d, offsets);
}

export function shuffled<T>(list: readonly T[], dice: Dice): T[] {
  const out = [...list];
  for (let i = out.length - 1; i > 0; i--) {
    const j = dice.below(i + 1);
    [out[i], out[j]] = [out[j]!, out[i]!];
  }
  return out;
}

/**
 * What a receiver makes of the frames it got: datagrams by source, destination, id and protocol, put together. Duplicates are
 * left out, parts of one datagram that is not whole throw.
 */
export function received(
  frames: readonly Uint8Array[],
): { ip: NonNullable<ReturnType<typeof decode>['ipv4']>; segment: Uint8Array }[] {
  const byKey = new Map<string, Map<number, Uint8Array>>();
  for (const frame of frames) {
    const ip = decode(frame).ipv4!;
    const key = [ip.src, ip.dst, ip.id, ip.protocol].join();
    const parts = byKey.get(key) ?? new Map<number, Uint8Array>();
    byKey.set(key, parts.set(ip.offset, frame));
  }
  return [...byKey.values()].map((parts) => {
    const list = [...parts.values()];
    return { ip: decode(list[0]!).ipv4!, segment: reassemble(list) };
  });
}

/** The transport checksum of a whole segment, computed anew, holds. */
export function checksumHolds(ends: { src: string; dst: string; protocol: number }, segment: Uint8Array): boolean {
  if (ends.protocol === 1) return naiveSum(segment) === 0xffff;
  if (ends.protocol === 17 && segment[6] === 0 && segment[7] === 0) return true;
  const address = (text: string): Uint8Array => Uint8Array.from(text.split('.').map(Number));
  return (
    naiveSum(segment, naiveSum(pseudoHeader(address(ends.src), address(ends.dst), ends.protocol, segment.length))) === 0xffff
  );
}
