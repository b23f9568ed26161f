import { covers, formatIpv4, type WireIpv4 } from '../types/ipv4.js';
import { edge } from './checks/addresses.js';
import type { NexthopConfig, RouteConfig, RouterIfaceConfig } from './config.js';
import { isGroup } from './ipValues.js';
import type { Path } from './issues.js';
import { nearestName } from './nearest.js';
import type { Placed } from './placed.js';
import { isRefusal, SCOPE_GLOBAL, SCOPE_HOST, SCOPE_LINK } from './resolveRouting.js';
import { TABLE_LOCAL, TABLE_MAIN } from './routingConfig.js';
import type { RoutingModel } from './routingModel.js';

/** What is wrong with a route: key below its path, end of a sentence, remedy. */
export interface RouteFault {
  readonly key: Path;
  readonly message: string;
  readonly remedy: string;
}

/** A route whose ways have their devices, as far as they were found. */
export interface SettledRoute extends Placed<RouteConfig> {
  readonly faults: readonly RouteFault[];
}

/**
 * Finds the device of every next hop and refuses what the kernel refuses (net/ipv4/fib_semantics.c: fib_create_info,
 * fib_check_nh), whatever the order of the file: a next hop is reached by a route of narrower scope, so the narrowest come first.
 */
export function settleRoutes(
  routes: readonly Placed<RouteConfig>[],
  rifs: readonly RouterIfaceConfig[],
  model: RoutingModel,
): SettledRoute[] {
  const settled: SettledRoute[] = new Array(routes.length);
  const ranks = routes.map(({ value }) => narrowness(value));
  const order = routes.map((_, i) => i).sort((a, b) => ranks[b]! - ranks[a]!);
  for (const i of order) {
    const { value: route, path } = routes[i]!;
    const faults = shapeFaults(route);
    const settle = new NexthopSettler(route, rifs, model, faults);
    const nexthops = faults.length > 0 ? route.nexthops : route.nexthops.map((way, at) => settle.way(way, at));
    const value = { ...route, nexthops };
    settled[i] = { value, path, faults };
    if (faults.length === 0) model.add(value);
  }
  for (const { value, faults } of settled) if (!isRefusal(value.type)) sourceFault(value, model, faults as RouteFault[]);
  return settled;
}

/** On-link routes need no other; a next hop needs one of a scope above its own route's. */
function narrowness({ nexthops, scope }: RouteConfig): number {
  return nexthops.every(({ via }) => via === undefined) ? SCOPE_HOST + 1 : scope;
}

function shapeFaults({ type, scope, nexthops }: RouteConfig): RouteFault[] {
  const faults: RouteFault[] = [];
  const least = type === 'local' ? SCOPE_HOST : type === 'broadcast' ? SCOPE_LINK : SCOPE_GLOBAL;
  if (scope < least || scope > SCOPE_HOST)
    faults.push({ key: ['scope'], message: `${scope} is no scope for a route of type ${type}`, remedy: 'Leave scope out.' });
  if (scope !== SCOPE_HOST || faults.length > 0) return faults;
  const why =
    nexthops.length > 1 ? ['nexthops', 'several ways'] : nexthops[0]?.via === undefined ? undefined : ['via', 'a next hop'];
  if (why !== undefined && !isRefusal(type))
    faults.push({ key: [why[0]!], message: `a route of scope host cannot have ${why[1]}`, remedy: 'Write only dev.' });
  return faults;
}

class NexthopSettler {
  constructor(
    readonly route: RouteConfig,
    readonly rifs: readonly RouterIfaceConfig[],
    readonly model: RoutingModel,
    readonly faults: RouteFault[],
  ) {}

  /** The way with its device; `at` is its place in the list. */
  way(way: NexthopConfig, at: number): NexthopConfig {
    const { via, dev, onlink } = way;
    const fail = (key: string, message: string, remedy: string): NexthopConfig => {
      this.faults.push({ key: this.route.nexthops.length > 1 ? ['nexthops', at, key] : [key], message, remedy });
      return way;
    };
    if (via === undefined && dev === undefined) {
      this.faults.push({
        key: this.route.nexthops.length > 1 ? ['nexthops', at] : [],
        message: 'has neither via nor dev',
        remedy: 'Write "via ADDRESS", or "dev NAME" for an on-link destination.',
      });
      return way;
    }
    if (dev !== undefined && dev !== 'lo' && !this.rifs.some(({ name }) => name === dev))
      return fail('dev', ...unknownDev(dev, this.rifs));
    if (via === undefined)
      return onlink ? fail('onlink', 'is for a next hop, and there is none', 'Remove onlink, or write via.') : way;
    const hop = formatIpv4(via);
    if (isLoopback(via) || this.rifs.some(({ addresses }) => addresses.some((own) => own.address === via)))
      return fail('via', `next hop ${hop} is an address of this gateway`, 'Use the address of the next router.');
    if (onlink) {
      if (dev === undefined) return fail('onlink', 'needs a device: no table is asked for it', 'Write dev.');
      if (this.route.scope >= SCOPE_LINK)
        return fail('scope', 'is too narrow for a next hop', 'Leave scope out, or write scope global.');
      const type = isGroup(via) ? 'multicast' : (this.model.typeIn(TABLE_LOCAL, via) ?? 'unicast');
      if (type !== 'unicast')
        return fail('via', `next hop ${hop} is no address of one host`, 'Use the address of the next router.');
    }
    const named = this.rifs.find(({ name }) => name === dev);
    const found = onlink ? { type: 'unicast', dev } : this.#reach(via, dev);
    const rif = this.rifs.find(({ name }) => name === found?.dev) ?? named;
    const why = this.#edge(via, rif);
    if (why !== undefined) return fail('via', `next hop ${hop} ${why}`, 'Use the address of the next router.');
    if (found === undefined || (found.type !== 'unicast' && found.type !== 'local')) {
      if (this.route.scope >= SCOPE_LINK)
        return fail(
          'scope',
          `is too narrow: no route of a scope above it leads to ${hop}`,
          'Leave scope out, or write scope global.',
        );
      const hindrance = this.model.hindrance(via, this.#leastScope, dev);
      if (hindrance !== undefined) {
        const { by, behind } = hindrance;
        return fail(
          'via',
          `rule ${by.priority} (${by.action.type}) keeps next hop ${hop} from being looked up by rule ${behind.priority}`,
          `Write onlink and dev, or give rule ${by.priority} a priority above ${behind.priority}.`,
        );
      }
      const where = named === undefined ? 'any connected subnet' : `a connected subnet of ${named.name}`;
      return fail(
        'via',
        `next hop ${hop} is not in ${where}`,
        'Use one of a connected subnet, add an on-link route to it, or write onlink and dev.',
      );
    }
    return { ...way, dev: found.dev };
  }

  /** Of a route that leads to the next hop. */
  get #leastScope(): number {
    return Math.max(this.route.scope + 1, SCOPE_LINK);
  }

  #reach(via: WireIpv4, dev: string | undefined) {
    return this.model.reach(this.route.table, via, this.#leastScope, dev);
  }

  #edge(via: WireIpv4, rif: RouterIfaceConfig | undefined): string | undefined {
    const own = rif?.addresses.filter((one) => covers(one, via)).sort((a, b) => b.length - a.length)[0];
    return own === undefined ? undefined : edge(own, via);
  }
}

/** Linux has 127.0.0.0/8 in table local. */
const isLoopback = (address: WireIpv4): boolean => (address & 0xff) === 127;

/** fib_valid_prefsrc: an address of the router's own, by table local or that of the route. */
function sourceFault({ source, type, to, table }: RouteConfig, model: RoutingModel, faults: RouteFault[]): void {
  if (source === undefined || (type === 'local' && source === to.address)) return;
  const own = (number: number): boolean => model.typeIn(number, source) === 'local';
  if (own(table === TABLE_MAIN ? TABLE_LOCAL : table) || own(TABLE_LOCAL)) return;
  const message = `${formatIpv4(source)} is no address of this gateway`;
  faults.push({ key: ['src'], message, remedy: 'Use an address of one of the interfaces.' });
}

/** Sentence and remedy about a name that no interface has. */
export function unknownDev(dev: string, rifs: readonly RouterIfaceConfig[]): [string, string] {
  const names = rifs.map((rif) => rif.name);
  const meant = nearestName(dev, names);
  const remedy = meant === undefined ? `Interfaces: ${names.join(', ')}.` : `Did you mean "${meant}"?`;
  return [`there is no interface "${dev}"`, remedy];
}
