import type { FrameMemory } from './memory.js';

/** VXLAN header (RFC 7348, 5): flags, VNI. It stands 8 octets before an Ethernet frame, so at 2 (mod 4). */
export const enum Vxlan {
  Flags = 0,
  Vni = 4,
  Octets = 8,
}

/** The I flag: the VNI is valid. */
const VALID = 0x08;

/** Writes the header of a VNI at `at`. */
export function vxlanWrite(m: FrameMemory, at: number, vni: number): void {
  m.u16[at >> 1] = VALID;
  m.u16[(at + 2) >> 1] = 0;
  m.u8[at + Vxlan.Vni] = vni >> 16;
  m.u8[at + Vxlan.Vni + 1] = vni >> 8;
  m.u8[at + Vxlan.Vni + 2] = vni;
  m.u8[at + Vxlan.Vni + 3] = 0;
}

/** VNI of the header at `at`, or -1 without a valid one. All other flags and fields are ignored (RFC 7348, 5). */
export function vxlanRead(m: FrameMemory, at: number, octets: number): number {
  if (octets < Vxlan.Octets || (m.u8[at]! & VALID) === 0) return -1;
  return (m.u8[at + Vxlan.Vni]! << 16) | (m.u8[at + Vxlan.Vni + 1]! << 8) | m.u8[at + Vxlan.Vni + 2]!;
}
