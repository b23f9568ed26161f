import type { Objects } from '../../../objects/model.js';
import { parseIpv4, type WireIpv4 } from '../../../types/ipv4.js';
import { isFault } from '../../../types/parsed.js';
import { awayState } from '../../show/hostStates.js';
import type { Shown } from '../../show/shown.js';

/** Host that answers for an address of an external network, as the objects have it; empty: none, or it is not known. */
export function holderOf({ objects, built }: Pick<Shown, 'objects' | 'built'>, network: string, address: string): string {
  const all = objects?.objects;
  const at = parseIpv4(address);
  if (all === undefined || isFault(at)) return '';
  const floating = all.floatingIps.find((one) => one.network === network && one.address === at.value);
  if (floating?.lport !== undefined && floating.placement === 'distributed') {
    const host = all.lports.find(({ name }) => name === floating.lport)?.host;
    if (host !== undefined && all.hosts.some(({ name, mode }) => name === host && mode !== 'dvr_no_external')) return host;
  }
  const router = all.routers.find(
    ({ name, gateways }) => name === floating?.router || gateways.some((one) => has(one, at.value)),
  );
  return router === undefined
    ? ''
    : (objects?.snatHosts?.get(router.name) ?? serviceHost(all, built.view.host, built, router.name));

  function has(gateway: Objects['routers'][number]['gateways'][number], one: WireIpv4): boolean {
    return (
      gateway.network === network && (gateway.address === one || gateway.zones.some((zone) => zone.localAddresses.includes(one)))
    );
  }
}

/** "host h2 answers for it", or that it does not, because it is silent. */
export function holderText(shown: Pick<Shown, 'objects' | 'life'>, host: string, address: string): string {
  const away = awayState(shown, host);
  return away === undefined ? `host ${host} answers for ${address}` : `host ${host} has ${address}, and is ${away}`;
}

/** Host that has a router's SNAT service, as far as this one has to know. */
function serviceHost({ rifs }: Objects, self: string, { view }: Shown['built'], router: string): string {
  if (view.services.some((one) => one.router === router)) return self;
  const macs = rifs.flatMap((rif) => (rif.router === router && rif.snat !== undefined ? [rif.snat.mac] : []));
  return (
    view.macs.find((one) => one.service !== undefined && macs.some((mac) => mac.every((octet, i) => octet === one.mac[i])))
      ?.host ?? ''
  );
}
