import type { BuiltRouter } from '../../dvr/tables/buildRouters.js';
import type { Shown } from '../../show/shown.js';

/** The same gateway, told as if the router were all of it: its addresses, rules, routes, zones and static mappings. */
export function asRouter(shown: Shown, { number, scope, fibStore }: BuiltRouter): Shown {
  const { built } = shown;
  const { fibs, addresses, zones, statics } = built.snapshot.routers;
  const tables = { fib: fibs[number]!, addresses: addresses[number]!, zones: zones[number]!, statics: statics[number]! };
  const { rules, routes, zones: own, staticMappings, reject } = scope;
  const config = { ...built.config, routes, rules, zones: own, staticMappings, reject };
  const value = { ...built, config, fibStore, snapshot: { ...built.snapshot, ...tables } };
  return Object.create(shown, { built: { value } }) as Shown;
}
