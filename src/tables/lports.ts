/**
 * Ports of this host: whose frames come in by which device, and what they may say of themselves (dvr.md 2.13). Snapshot, built by main. A
 * number belongs to a name for the life of the process.
 */

/** Rows of 12 int32. */
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
  /** The same in `Lports.allowed6`. */
  Allowed6,
  Allowed6Count,
  /** Number of the migration to this host that it waits for (dvr.md 2.16); 0: it is bound here. */
  Awaited,
  Words = 12,
}

export const enum LportFlag {
  /** Senders of its frames are checked. Guards of the infrastructure hold without it. */
  PortSecurity = 1,
  AdminUp = 2,
  /** It may answer DHCP requests. */
  DhcpServer = 4,
  /** It is not bound here yet: what its guest sends says that it has arrived, and goes nowhere. */
  Migrating = 8,
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

/** Rows of `Lports.allowed6`: a MAC with a prefix of IPv6. Prefix and mask are eight u16 each, as loaded. */
export const enum Allowed6 {
  MacA = 0,
  MacB,
  Address,
  Mask = 10,
  Words = 18,
}

export interface Lports {
  /** One more than the largest number. */
  readonly count: number;
  readonly rows: Int32Array;
  readonly allowed: Int32Array;
  readonly allowed6: Int32Array;
  /** [slot]: lport + 1; 0: the device is no lport's. */
  readonly ofIface: Int32Array;
}

/** True when a frame of the lport in row `row` may have this source MAC. */
export function mayUseMac(t: Lports, row: number, macA: number, macB: number): boolean {
  if (t.rows[row + Lport.MacA] === macA && t.rows[row + Lport.MacB] === macB) return true;
  let at = t.rows[row + Lport.Allowed]!;
  for (let left = t.rows[row + Lport.AllowedCount]!; left > 0; left--, at += Allowed.Words)
    if (t.allowed[at + Allowed.MacA] === macA && t.allowed[at + Allowed.MacB] === macB) return true;
  at = t.rows[row + Lport.Allowed6]!;
  for (let left = t.rows[row + Lport.Allowed6Count]!; left > 0; left--, at += Allowed6.Words)
    if (t.allowed6[at + Allowed6.MacA] === macA && t.allowed6[at + Allowed6.MacB] === macB) return true;
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

/** The same for the IPv6 address at halfword `w` of `h`: one of its prefixes, or the link-local one that the MAC gives (dvr.md 2.11). */
export function mayUseIpv6(t: Lports, row: number, macA: number, macB: number, h: Uint16Array, w: number): boolean {
  if (isLinkLocalOf(macA, macB, h, w)) return true;
  let at = t.rows[row + Lport.Allowed6]!;
  for (let left = t.rows[row + Lport.Allowed6Count]!; left > 0; left--, at += Allowed6.Words)
    if (t.allowed6[at + Allowed6.MacA] === macA && t.allowed6[at + Allowed6.MacB] === macB && isWithin(t.allowed6, at, h, w))
      return true;
  return false;
}

function isWithin(allowed: Int32Array, at: number, h: Uint16Array, w: number): boolean {
  for (let i = 0; i < 8; i++)
    if (((h[w + i]! ^ allowed[at + Allowed6.Address + i]!) & allowed[at + Allowed6.Mask + i]!) !== 0) return false;
  return true;
}

/** fe80::/64, then the MAC with its universal bit turned and ff:fe in the middle (RFC 4291, appendix A). */
function isLinkLocalOf(macA: number, macB: number, h: Uint16Array, w: number): boolean {
  return (
    h[w] === 0x80fe &&
    h[w + 1] === 0 &&
    h[w + 2] === 0 &&
    h[w + 3] === 0 &&
    h[w + 4] === (macA ^ 0x02) &&
    h[w + 5] === ((macB & 0xff) | 0xff00) &&
    h[w + 6] === (0x00fe | (macB & 0xff00)) &&
    h[w + 7] === macB >>> 16
  );
}
