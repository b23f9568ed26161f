import { maskOf, network } from '../types/ipv4.js';
import { routeKey } from './checks/routes.js';
import type { RouterIfaceConfig, RuleConfig } from './config.js';
import { type Placed, placed } from './placed.js';
import type { PartialEntries } from './readEntries.js';
import { defaultRules, RuleList, resolveRoute, resolveRule } from './resolveRouting.js';
import { TABLE_LOCAL, TABLE_MAIN } from './routingConfig.js';
import { broadcastOf, RoutingModel } from './routingModel.js';
import { type SettledRoute, settleRoutes } from './settleRoutes.js';
import type { TableNames } from './tableNames.js';

/** Rules and routes as far as they could be read. */
export interface RoutingDraft {
  readonly names: TableNames;
  /** In order of evaluation, the default ones too, whose path is ['defaultRules']. */
  readonly rules: readonly Placed<RuleConfig>[];
  /** In the order of the file. */
  readonly routes: readonly SettledRoute[];
  /** routeKey of the routes that the interfaces' addresses make. */
  readonly madeOfAddresses: ReadonlySet<string>;
  readonly model: RoutingModel;
}

/** What of a file is about routing: a gateway's, or one router's among the objects. */
export type RoutingEntries = Pick<PartialEntries, 'routes' | 'rules' | 'defaultRules'>;

export function routingDraftOf(entries: RoutingEntries, names: TableNames, rifs: readonly RouterIfaceConfig[]): RoutingDraft {
  const rules = rulesOf(entries, names);
  const model = new RoutingModel(
    rifs,
    rules.map(({ value }) => value),
  );
  const written = placed(entries.routes, 'routes').flatMap(({ value, path }) => {
    const route = resolveRoute(value, names);
    return route === undefined ? [] : [{ value: route, path }];
  });
  return { names, rules, routes: settleRoutes(written, rifs, model), madeOfAddresses: madeOfAddresses(rifs), model };
}

function rulesOf(entries: RoutingEntries, names: TableNames): Placed<RuleConfig>[] {
  const first = defaultRules(entries.defaultRules ?? { local: true, main: true, default: true });
  const list = new RuleList(
    first.map((value) => ({ priority: value.priority, value, path: ['defaultRules'] as Placed<unknown>['path'] })),
  );
  for (const { value: entry, path } of placed(entries.rules, 'rules')) {
    const rule = resolveRule(entry, names);
    if (rule === undefined) continue;
    const priority = rule.priority ?? list.nextPriority;
    list.add({ priority, value: { ...rule, priority }, path });
  }
  return list.rules.map(({ value, path }) => ({ value, path }));
}

function madeOfAddresses(rifs: readonly RouterIfaceConfig[]): Set<string> {
  const keys = new Set<string>();
  const made = (table: number, address: number, length: number): void => {
    const to = { address: address as never, mask: maskOf(length), length };
    keys.add(routeKey({ table, to, tos: 0, metric: 0 }));
  };
  for (const own of rifs.flatMap(({ addresses }) => addresses)) {
    made(TABLE_LOCAL, own.address, 32);
    if (own.length < 32) made(TABLE_MAIN, network(own).address, own.length);
    if (own.length < 31) made(TABLE_LOCAL, broadcastOf(own), 32);
  }
  return keys;
}
