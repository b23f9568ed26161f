import type { MultipathHash } from '../../config/config.js';
import { sharedWords } from '../../shared/words.js';
import { MultipathPolicy } from '../../tables/fib.js';
import type { DrainingAddress } from '../buildAddresses.js';
import type { BuiltRif } from '../buildRifs.js';
import type { RouterScope } from '../routerScope.js';
import { compileRules } from './compileRules.js';
import { FibStore } from './fibStore.js';
import { listFibRoutes } from './listFibRoutes.js';

const policies: Readonly<Record<MultipathHash, MultipathPolicy>> = {
  addresses: MultipathPolicy.Addresses,
  ports: MultipathPolicy.Ports,
  inner: MultipathPolicy.Inner,
};

/**
 * Brings the tables to what the configuration says, and returns them; snapshot() is what workers get. With `before`, the tables of
 * the configuration that is in force, only what differs is changed. `pools`: address index of each local address.
 */
export function compileFib(
  config: RouterScope,
  rifs: readonly BuiltRif[],
  draining: readonly DrainingAddress[],
  pools: ReadonlyMap<number, number>,
  before: FibStore = new FibStore(),
): FibStore {
  before.replaceAll(listFibRoutes(config, rifs, draining, pools));
  const byName = new Map(rifs.map((rif) => [rif.config.name, rif.index]));
  before.setRules(compileRules(config.rules, byName, (table) => before.tableIndex(table)));
  const groups = sharedWords(Math.max(-1, ...rifs.map(({ index }) => index)) + 1);
  for (const rif of rifs) groups[rif.index] = rif.config.group;
  before.setSettings({ groups, policy: policies[config.routing.multipathHash], ignoreLinkdown: config.routing.ignoreLinkdown });
  return before;
}
