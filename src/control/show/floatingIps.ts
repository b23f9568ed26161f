import { type Claim, standingClaims } from '../../objects/claims.js';
import { forwardingText } from '../../objects/difference.js';
import type { FloatingIpObject, LportObject, Objects, RouterObject } from '../../objects/model.js';
import { formatIpv4 } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { FloatingIpRow } from '../../types/showObjects.js';
import { FloatingPlacement } from '../dvr/placement/floatingPlacement.js';
import type { SnatHosts } from '../dvr/placement/snatPlacement.js';
import { VirtualAddresses } from '../dvr/placement/virtualAddresses.js';

/** Rows of `show floating-ips`. `claims`: those that this host knows; `snatHosts`: where SNAT services are, as it sees it. */
export function floatingIpRows(objects: Objects, claims: readonly Claim[], snatHosts: SnatHosts): FloatingIpRow[] {
  const { floatingIps, lports, routers } = objects;
  const places = new FloatingPlacement(objects, new VirtualAddresses(lports), standingClaims(claims, lports));
  const wanted = new Set(floatingIps.map(({ lport }) => lport));
  const ports = new Map(lports.filter(({ name }) => wanted.has(name)).map((port) => [port.name, port]));
  const byName = new Map(routers.map((router) => [router.name, router]));
  return floatingIps.map((floating) => {
    const { name, address, network, router = '', lport = '', fixed, placement, mac, forwardings } = floating;
    const host = places.hostOf(floating) ?? (isServed(floating) ? (snatHosts.get(router) ?? '') : '');
    const status = statusOf(floating, byName.get(router), ports.get(lport));
    return {
      ...{ name, address: formatIpv4(address), network, router, lport, mac: formatMac(mac) },
      // Forwarded ports are where the gateway is, whatever is written.
      placement: forwardings.length > 0 ? 'centralized' : placement,
      fixed: fixed === undefined ? '' : formatIpv4(fixed),
      forwardings: forwardings.map(forwardingText),
      host,
      // Nobody has the SNAT service of its router.
      status: host === '' && (status === 'active' || status === 'forwards') ? 'down' : status,
    };
  });
}

/** By somebody: it stands for a fixed address, or for ports. */
function isServed({ router, fixed, forwardings }: FloatingIpObject): boolean {
  return router !== undefined && (fixed !== undefined || forwardings.length > 0);
}

function statusOf(
  { router: name, lport, forwardings }: FloatingIpObject,
  router: RouterObject | undefined,
  port: LportObject | undefined,
): FloatingIpRow['status'] {
  if (name === undefined) return 'reserved';
  if (router?.adminUp === false || port?.adminUp === false) return 'down';
  if (lport === undefined) return forwardings.length > 0 ? 'forwards' : 'reserved';
  return port?.host === undefined ? 'unbound' : 'active';
}
