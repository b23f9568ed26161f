import { formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import type { ProbeConfig, RouterIfaceConfig } from './config.js';
import type { Path } from './issues.js';
import type { Placed } from './placed.js';
import type { ProbeEntry } from './probeSchema.js';
import { SCOPE_LINK } from './resolveRouting.js';
import { TABLE_MAIN } from './routingConfig.js';
import type { RoutingDraft } from './routingDraft.js';
import { unknownDev } from './settleRoutes.js';

/** A probe with its interface, or with what is wrong: key below its path, end of a sentence, remedy. */
export interface SettledProbe {
  readonly path: Path;
  readonly value: ProbeConfig | undefined;
  readonly fault: { readonly key: Path; readonly message: string; readonly remedy: string } | undefined;
  /** It is a next hop of some route. */
  readonly used: boolean;
}

/** Finds the interface of each probed next hop: that of the routes by it, else of the way the tables have to it. */
export function settleProbes(
  probes: readonly Placed<ProbeEntry>[],
  rifs: readonly RouterIfaceConfig[],
  { routes, model }: Pick<RoutingDraft, 'routes' | 'model'>,
): SettledProbe[] {
  const devsByHop = new Map<WireIpv4, Set<string>>();
  for (const { via, dev } of routes.flatMap(({ value }) => value.nexthops)) {
    if (via === undefined || dev === undefined) continue;
    const devs = devsByHop.get(via) ?? new Set<string>();
    devsByHop.set(via, devs.add(dev));
  }
  return probes.map(({ value, path }): SettledProbe => {
    const { address, interval, fails, recovers } = value;
    const hop = formatIpv4(address);
    const fail = (key: string, message: string, remedy: string): SettledProbe => {
      return { path, value: undefined, fault: { key: [key], message, remedy }, used: true };
    };
    const devs = [...(devsByHop.get(address) ?? [])];
    if (rifs.some(({ addresses }) => addresses.some((own) => own.address === address)))
      return fail('address', `${hop} is an address of this gateway`, 'Use the address of the next router.');
    if (value.dev === undefined && devs.length > 1)
      return fail('address', `${hop} is a next hop by ${devs.join(' and ')}`, `Write "dev: ${devs[0]}", and a probe for each.`);
    const dev = value.dev ?? devs[0] ?? model.reach(TABLE_MAIN, address, SCOPE_LINK, undefined)?.dev;
    if (dev === undefined)
      return fail('address', `${hop} is not in any connected subnet`, 'Use the next hop of a route, or write dev.');
    const rif = rifs.find(({ name }) => name === dev);
    if (rif === undefined) return fail('dev', ...unknownDev(dev, rifs));
    if (rif.addresses.length === 0)
      return fail('dev', `${dev} has no address that a probe could come from`, 'Give the interface an address.');
    return { path, value: { address, dev, interval, fails, recovers }, fault: undefined, used: devs.includes(dev) };
  });
}
