import type { Mac } from '../types/mac.js';

/** First octets of host MACs (dvr.md 1.1): frames of routers on other hosts are known by them. */
export const HOST_MAC_BASE = [0xfa, 0x16, 0x3f] as const;

/** True for a MAC that only a host may have. */
export function isHostMac(mac: Mac): boolean {
  return HOST_MAC_BASE.every((octet, i) => mac[i] === octet);
}
