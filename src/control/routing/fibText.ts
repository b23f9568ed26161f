import { type Fib, FibNexthop, FibRoute, FibType, NexthopFlag } from '../../tables/fib.js';
import { formatIpv4, type WireIpv4 } from '../../types/ipv4.js';
import type { Built } from '../buildSnapshot.js';

/** Compiled routes in the words of ip-route(8). */

/** What is asked of a compiled configuration. */
export type RouteGetSource = Pick<Built, 'config' | 'rifs'> & { readonly snapshot: Pick<Built['snapshot'], 'fib'> };

const HOST = 32;

export function typeName(type: number): string {
  const names: Readonly<Record<number, string>> = {
    [FibType.Unicast]: 'unicast',
    [FibType.Local]: 'local',
    [FibType.Broadcast]: 'broadcast',
    [FibType.Multicast]: 'multicast',
    [FibType.Blackhole]: 'blackhole',
    [FibType.Unreachable]: 'unreachable',
    [FibType.Prohibit]: 'prohibit',
    [FibType.Throw]: 'throw',
  };
  return names[type] ?? String(type);
}

/** Every way of the route at word `at`. */
export function waysOf(built: RouteGetSource, at: number): string[] {
  const { fib } = built.snapshot;
  const first = fib.routes[at + FibRoute.Nexthop]!;
  return Array.from({ length: fib.routes[at + FibRoute.Nexthops]! }, (_, i) => wayText(built, fib, first + i));
}

/** "via 10.0.0.3 dev qr-blue" */
export function wayText(built: RouteGetSource, fib: Fib, row: number): string {
  const way = row * FibNexthop.Words;
  const gateway = fib.nexthops[way + FibNexthop.Gateway]!;
  return `${gateway === 0 ? '' : `via ${text(gateway)} `}dev ${rifName(built, fib.nexthops[way + FibNexthop.Rif]!)}`;
}

/** " dead", " linkdown": what is known of a way. */
function flags(fib: Fib, row: number): string {
  const bits = fib.nexthops[row * FibNexthop.Words + FibNexthop.Flags]!;
  return `${(bits & NexthopFlag.Dead) === 0 ? '' : ' dead'}${(bits & NexthopFlag.Linkdown) === 0 ? '' : ' linkdown'}`;
}

/** "10.0.0.0/24 via 10.0.0.3 dev qr-blue" of a route's row, in the words of ip-route(8). */
export function fibRouteText(built: RouteGetSource, row: number): string {
  const { fib } = built.snapshot;
  const at = row * FibRoute.Words;
  const type = fib.routes[at + FibRoute.Type]!;
  const length = fib.routes[at + FibRoute.Length]!;
  const to = text(fib.routes[at + FibRoute.Destination]!);
  const prefix = length === 0 ? 'default' : length === HOST ? to : `${to}/${length}`;
  const tos = fib.routes[at + FibRoute.Tos]!;
  const metric = fib.routes[at + FibRoute.Metric]! >>> 0;
  const first = fib.routes[at + FibRoute.Nexthop]!;
  const ways = waysOf(built, at).map((way, i) => way + flags(fib, first + i));
  return [
    ...(type === FibType.Unicast ? [] : [typeName(type)]),
    prefix,
    ...(tos === 0 ? [] : [`tos 0x${tos.toString(16)}`]),
    ...(ways.length === 1 ? ways : ways.map((way) => `nexthop ${way}`)),
    ...(metric === 0 ? [] : [`metric ${metric}`]),
  ].join(' ');
}

export function rifName(built: RouteGetSource, rif: number): string {
  return built.rifs.find(({ index }) => index === rif)?.config.name ?? 'lo';
}

export function text(address: number): string {
  return formatIpv4(address as WireIpv4);
}
