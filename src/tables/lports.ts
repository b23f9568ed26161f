/**
 * Ports of this host: whose frames come in by which device, and what they may say of themselves (dvr.md 2.13). Snapshot, built by main. A
 * number belongs to a name for the life of the process.
 */

/** Rows of 8 int32. */
export const enum Lport {
  Network = 0,
  /** Slot of its device. */
  Iface,
  /** First two octets of its MAC (u16 as loaded), last four (as loaded). */
  MacA,
  MacB,
  /** See LportFlag. */
  Flags,
  /** First row and number of rows of what it may send from, in `Lports.allowed`. */
  Allowed,
  AllowedCount,
  Words = 8,
}

export const enum LportFlag {
  /** Senders of its frames are checked. Guards of the infrastructure hold without it. */
  PortSecurity = 1,
  AdminUp = 2,
  /** It may answer DHCP requests. */
  DhcpServer = 4,
}

/** Rows of `Lports.allowed`: a MAC with a prefix of addresses. The port's own addresses come first, then its allowed pairs. */
export const enum Allowed {
  MacA = 0,
  MacB,
  /** As loaded, both. */
  Address,
  Mask,
  Words = 4,
}

export interface Lports {
  /** One more than the largest number. */
  readonly count: number;
  readonly rows: Int32Array;
  readonly allowed: Int32Array;
  /** [slot]: lport + 1; 0: the device is no lport's. */
  readonly ofIface: Int32Array;
}

/** True when a frame of the lport in row `row` may have this source MAC. */
export function mayUseMac(t: Lports, row: number, macA: number, macB: number): boolean {
  if (t.rows[row + Lport.MacA] === macA && t.rows[row + Lport.MacB] === macB) return true;
  let at = t.rows[row + Lport.Allowed]!;
  for (let left = t.rows[row + Lport.AllowedCount]!; left > 0; left--, at += Allowed.Words)
    if (t.allowed[at + Allowed.MacA] === macA && t.allowed[at + Allowed.MacB] === macB) return true;
  return false;
}

/** True when a packet of the lport in row `row` may have this source address beside this source MAC. */
export function mayUseAddress(t: Lports, row: number, macA: number, macB: number, address: number): boolean {
  let at = t.rows[row + Lport.Allowed]!;
  for (let left = t.rows[row + Lport.AllowedCount]!; left > 0; left--, at += Allowed.Words)
    if (
      ((address ^ t.allowed[at + Allowed.Address]!) & t.allowed[at + Allowed.Mask]!) === 0 &&
      t.allowed[at + Allowed.MacA] === macA &&
      t.allowed[at + Allowed.MacB] === macB
    )
      return true;
  return false;
}
