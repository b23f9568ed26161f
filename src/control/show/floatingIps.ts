import { forwardingText } from '../../objects/difference.js';
import type { FloatingIpObject, LportObject, Objects, RouterObject } from '../../objects/model.js';
import { formatIpv4 } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { FloatingIpRow } from '../../types/showObjects.js';

/** Rows of `show floating-ips`. */
export function floatingIpRows({ floatingIps, lports, routers }: Objects): FloatingIpRow[] {
  const wanted = new Set(floatingIps.map(({ lport }) => lport));
  const ports = new Map(lports.filter(({ name }) => wanted.has(name)).map((port) => [port.name, port]));
  const byName = new Map(routers.map((router) => [router.name, router]));
  return floatingIps.map((floating) => {
    const { name, address, network, router = '', lport = '', fixed, placement, mac, forwardings } = floating;
    return {
      ...{ name, address: formatIpv4(address), network, router, lport, placement, mac: formatMac(mac) },
      fixed: fixed === undefined ? '' : formatIpv4(fixed),
      forwardings: forwardings.map(forwardingText),
      status: statusOf(floating, byName.get(router), ports.get(lport)),
    };
  });
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
