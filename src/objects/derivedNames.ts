import { createHash } from 'node:crypto';
import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';

/** Names of interfaces are as long as router interfaces' may be. */
const LONGEST = 32;

/**
 * Names of what follows from objects, as Neutron calls it. Each is made of the name of an object, so two objects may come to one: such names are
 * refused (checks/derivedNames.ts).
 */
export const derived = {
  /** Interface of the SNAT service beside a router interface: `qr-blue` -> `sg-blue`. */
  snatRif: (rif: string): string => derivedName('sg', rif.replace(/^qr-/, '')),
  /** Interface of a gateway; the first one's is called after the router alone. */
  gatewayRif: (router: string, network: string, isFirst: boolean): string => derivedName('qg', link(router, network, isFirst)),
  /** Both sides of the link between a router's replica and an exit. */
  routerSide: (router: string, network: string, isFirst: boolean): string => derivedName('rfp', link(router, network, isFirst)),
  exitSide: (router: string, network: string, isFirst: boolean): string => derivedName('fpr', link(router, network, isFirst)),
  /** Interface of an exit, and of a floating IP that has a MAC of its own. */
  exitRif: (network: string): string => derivedName('fg', network),
  floatingRif: (address: WireIpv4): string => derivedName('fg', formatIpv4(address)),
  /** Routers: SNAT service, exit. */
  service: (router: string): string => derivedName('snat', router),
  exit: (network: string): string => derivedName('fip', network),
} as const;

function link(router: string, network: string, isFirst: boolean): string {
  return isFirst ? router : `${router}-${network}`;
}

/** Of a long name the end is a digest of it, so that two that begin alike stay two. */
function derivedName(prefix: string, of: string): string {
  const whole = `${prefix}-${of}`;
  if (whole.length <= LONGEST) return whole;
  const digest = createHash('sha256').update(of).digest('hex').slice(0, 8);
  return `${whole.slice(0, LONGEST - digest.length - 1)}-${digest}`;
}
