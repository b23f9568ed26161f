import type { Report } from '../../config/issues.js';
import type { ObjectsDraft } from '../draft.js';
import { grouped } from '../grouped.js';
import { networksOfService, reaches, takesService } from '../hostAbilities.js';

type Network = ObjectsDraft['networks'][number]['value'];

/** Routers with gateways that no host can have, alive or not: what leaves by them without a floating IP goes nowhere (dvr.md 5.3). */
export function checkGatewayHosts(draft: ObjectsDraft, report: Report): void {
  if (!draft.complete.hosts || !draft.complete.networks || !draft.complete.subnets) return;
  const networks = new Map(draft.networks.map(({ value }) => [value.name, value]));
  const networkOf = new Map(draft.subnets.map(({ value }) => [value.name, value.network]));
  const rifs = grouped(
    draft.rifs.map(({ value }) => value),
    ({ router }) => router,
  );
  const hosts = draft.hosts.map(({ value }) => value);
  const routers = new Map(draft.routers.map(({ value }) => [value.name, value]));
  for (const [router, gateways] of grouped(draft.gateways, ({ value }) => value.router)) {
    const { distributed = true } = routers.get(router) ?? {};
    const names = networksOfService(
      gateways.map(({ value }) => value),
      rifs.get(router) ?? [],
      networkOf,
    );
    const needed = names.flatMap((name) => networks.get(name) ?? []);
    // Of external networks that is told there, with the name that is meant.
    if (hosts.length > 0 && needed.some((network) => network.external && !hosts.some((host) => reaches(host, network)))) continue;
    const named = hosts.filter(({ name }) =>
      gateways.every(({ value }) => value.hosts.length === 0 || value.hosts.includes(name)),
    );
    if (named.some((host) => takesService(host, distributed) && needed.every((network) => reaches(host, network)))) continue;
    const { value, path } = gateways[0]!;
    const isNamed = value.hosts.length > 0;
    const wanted = [...new Set(needed.map(wantedFor))].join(' and ');
    report(
      'warning',
      isNamed ? [...path, 'hosts'] : path,
      `no host can have the gateway of router ${router}: ${isNamed ? 'none that is named' : 'none'} is of mode dvr_snat and has ${wanted}; guests without a floating IP have no way out`,
      'Give a host that mode and what it lacks (docs/dvr.md, "Which host has the SNAT service").',
    );
  }
}

function wantedFor({ type, physnet }: Network): string {
  return type === 'vxlan' || type === 'gre' ? 'a vtep' : `physical network ${physnet ?? 'none'}`;
}
