import { decode } from '../../support/decode.js';
import type { Captured } from './wire.js';

/** A frame within a VXLAN datagram. */
export interface Tunnelled {
  readonly vni: number;
  readonly src: string;
  readonly dst: string;
  /** Of IPv4. */
  readonly to: string | undefined;
  readonly arp: boolean;
  readonly frame: Uint8Array;
}

/** The frames within those of the captured that are VXLAN datagrams. */
export function tunnelled(frames: readonly Captured[]): Tunnelled[] {
  return frames.flatMap(({ frame }) => {
    const outer = decode(frame);
    if (outer.udp?.dport !== 4789) return [];
    const vni = outer.payload[4]! * 65_536 + outer.payload[5]! * 256 + outer.payload[6]!;
    const inner = outer.payload.subarray(8);
    const { eth, ipv4, arp } = decode(inner);
    return [{ vni, src: eth!.src, dst: eth!.dst, to: ipv4?.dst, arp: arp !== undefined, frame: inner }];
  });
}
