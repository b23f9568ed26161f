import type { FrameMemory } from './memory.js';

/** Ethernet II and one 802.1Q tag. Offsets count from the first octet of the frame. */
export const enum Ethernet {
  Destination = 0,
  Source = 6,
  Type = 12,
  Header = 14,
  /** Header with one 802.1Q tag. */
  TaggedHeader = 18,
}

/** Bits above the TCI where a tag that the kernel took off is handed over beside the frame. */
export const enum TagColumn {
  /** The kernel took a tag off, and it was not 802.1Q: a service tag, never ours (FWD-7). */
  Service = 0x20000,
  /** There was no tag: the frame came through a tunnel, behind a header that is none (io/tunnelIface.ts). */
  BadTunnelHeader = 0x40000,
}

/** EtherTypes as a little-endian u16 load of the two wire octets gives them. */
export const enum EtherType {
  Ipv4 = 0x0008,
  Arp = 0x0608,
  Rarp = 0x3580,
  Vlan = 0x0081,
  ServiceVlan = 0xa888,
  Ipv6 = 0xdd86,
  Lldp = 0xcc88,
}

/** EtherType values below this (in host order) are 802.3 lengths: LLC frames. */
const FIRST_ETHERTYPE = 0x0600;

/** EtherType at `at`, as loaded. `at` is even. */
export function etherTypeAt(m: FrameMemory, at: number): number {
  return m.u16[at >> 1]!;
}

export function isLlc(loadedType: number): boolean {
  return (((loadedType & 0xff) << 8) | (loadedType >> 8)) < FIRST_ETHERTYPE;
}

/** Group bit of the destination: broadcast or multicast. */
export function isGroupDestination(m: FrameMemory, frame: number): boolean {
  return (m.u8[frame]! & 1) !== 0;
}

export function isBroadcastDestination(m: FrameMemory, frame: number): boolean {
  return m.u16[frame >> 1] === 0xffff && m.i32[(frame + 2) >> 2] === -1;
}

/** 01:80:c2:00:00:00 to 0f: link-local control frames, never forwarded (D16). */
export function isLinkControl(m: FrameMemory, frame: number): boolean {
  return (
    m.u16[frame >> 1] === 0x8001 && m.u16[(frame + 2) >> 1] === 0x00c2 && m.u8[frame + 4] === 0 && (m.u8[frame + 5]! & 0xf0) === 0
  );
}

/** First two octets of the MAC at `at` (even), as loaded. */
export function macHead(m: FrameMemory, at: number): number {
  return m.u16[at >> 1]!;
}

/** Its last four octets, as loaded. */
export function macTail(m: FrameMemory, at: number): number {
  return m.u16[(at + 2) >> 1]! | (m.u16[(at + 4) >> 1]! << 16);
}

/** Writes a MAC by its words at `at` (even). */
export function macWrite(m: FrameMemory, at: number, head: number, tail: number): void {
  m.u16[at >> 1] = head;
  m.u16[(at + 2) >> 1] = tail;
  m.u16[(at + 4) >> 1] = tail >>> 16;
}
