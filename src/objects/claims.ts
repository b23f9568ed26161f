import { covers, type WireIpv4 } from '../types/ipv4.js';
import { isIpv6Prefix } from '../types/ipv6.js';
import { formatMac, type Mac } from '../types/mac.js';
import type { LportObject } from './model.js';

/** An address that nobody has for certain, and who said last that it has it (dvr.md 2.13). */
export interface Claim {
  readonly network: string;
  readonly address: WireIpv4;
  /** May be another than the port's, of VRRP for one. */
  readonly mac: Mac;
  readonly port: string;
  /** Where the port was then. */
  readonly host: string;
  /** How often the address changed hands. */
  readonly seq: number;
  /** Of the store, when it was written: the later of two wins. */
  readonly revision: number;
}

/**
 * The claims that count among these ports: the port is still bound where it was and up, it may use address and MAC, the address is virtual,
 * and no other port has the MAC as its own. A pure function, so that a claim is lost when any of that ends; and there are never more than
 * virtual addresses, whatever ports say.
 */
export function standingClaims<T extends Omit<Claim, 'seq' | 'revision'>>(
  claims: readonly T[],
  lports: readonly LportObject[],
): T[] {
  // Most clouds have none, and there are many ports to look at.
  if (claims.length === 0) return [];
  const ports = new Map(lports.map((port) => [port.name, port]));
  const virtual = new Set(
    lports.flatMap(({ network, host, addresses, allowedPairs }) => [
      ...(host === undefined ? addresses.map((one) => `${network} ${one}`) : []),
      ...allowedPairs.flatMap(({ prefix }) =>
        !isIpv6Prefix(prefix) && prefix.length === 32 ? [`${network} ${prefix.address}`] : [],
      ),
    ]),
  );
  const macs = new Map(lports.map(({ network, mac, name }) => [`${network} ${formatMac(mac)}`, name]));
  return claims.filter(({ network, address, mac, port: name, host }) => {
    const port = ports.get(name);
    if (port === undefined || port.network !== network || port.host !== host || !port.adminUp) return false;
    if (!virtual.has(`${network} ${address}`)) return false;
    const owner = macs.get(`${network} ${formatMac(mac)}`);
    return (owner === undefined || owner === name) && mayClaim(port, address, mac);
  });
}

/** A pair of a whole range is for clients to come from, and claims nothing. */
function mayClaim({ portSecurity, addresses, allowedPairs, mac: own }: LportObject, address: WireIpv4, mac: Mac): boolean {
  if (!portSecurity) return true;
  const may = (by: Mac): boolean => formatMac(by) === formatMac(mac);
  if (addresses.includes(address) && may(own)) return true;
  return allowedPairs.some(
    ({ prefix, mac: by = own }) => !isIpv6Prefix(prefix) && prefix.length === 32 && covers(prefix, address) && may(by),
  );
}
