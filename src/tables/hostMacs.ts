/**
 * Host MACs (dvr.md 1.1): what a replica's frames have as source on the fabric, one for each host, all out of one prefix. Snapshot. Words as
 * loaded: first two octets, last four.
 */
export const enum HostMac {
  /** This host's. */
  OwnA = 0,
  OwnB,
  /** The prefix, three or four octets, and its masks. */
  PrefixA,
  PrefixB,
  MaskA,
  MaskB,
  /** Ticks between two announcements of a port's MAC on a physical network; 0: never. */
  RefreshTicks,
  Words = 8,
}

/** True for a MAC out of the prefix of host MACs: a peer's replica, or this host itself. */
export function isHostMac(t: Int32Array, macA: number, macB: number): boolean {
  return (macA & t[HostMac.MaskA]!) === t[HostMac.PrefixA]! && (macB & t[HostMac.MaskB]!) === t[HostMac.PrefixB]!;
}

export function isOwnHostMac(t: Int32Array, macA: number, macB: number): boolean {
  return macA === t[HostMac.OwnA]! && macB === t[HostMac.OwnB]!;
}
