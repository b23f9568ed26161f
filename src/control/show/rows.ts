import type { SessionFilter } from '../../pipeline/sessionSweep.js';
import type { ShowNoun, ShowRows } from '../../types/show.js';
import { showConfig } from './config.js';
import { showDrops } from './drops.js';
import { showFdb } from './fdb.js';
import { showFloatingIps } from './floatingStates.js';
import { showHosts } from './hosts.js';
import { showIfaces } from './ifaces.js';
import { showInsideHosts } from './insideHosts.js';
import { showMappings } from './mappings.js';
import { showMetadata } from './metadata.js';
import { showNeighbors } from './neighbors.js';
import { showLports, showPhysnets, showTunnels } from './netDevices.js';
import { showObjects, withAll } from './objects.js';
import { showPools } from './pools.js';
import { showProbes } from './probes.js';
import { MAIN, showRoutes } from './routes.js';
import { showRules } from './rules.js';
import { showSessions } from './sessions.js';
import type { Shown } from './shown.js';
import { showStatics } from './statics.js';
import { showTop } from './top.js';
import { showWorkers } from './workers.js';
import { showZones } from './zones.js';

/** Noun -> its rows. Of those that may be many (pages.ts) they are made one by one, at most `limit`. */
const providers: {
  readonly [N in ShowNoun]: (
    shown: Shown,
    limit: number,
    filter: SessionFilter | undefined,
  ) => Iterable<ShowRows[N]> | Promise<Iterable<ShowRows[N]>>;
} = {
  ifaces: showIfaces,
  neighbors: (shown) => showNeighbors(shown),
  routes: (shown) => showRoutes(shown, MAIN),
  rules: showRules,
  probes: showProbes,
  zones: showZones,
  pools: showPools,
  sessions: showSessions,
  workers: showWorkers,
  drops: showDrops,
  top: async (shown) => {
    await shown.census.current();
    return showTop(shown);
  },
  'inside-hosts': showInsideHosts,
  mappings: showMappings,
  statics: showStatics,
  config: showConfig,
  ...showObjects,
  // What counts or lists ports.
  hosts: showHosts,
  networks: async (shown) => showObjects.networks(await withAll(shown)),
  lports: async (shown) => showLports(await withAll(shown)),
  'floating-ips': showFloatingIps,
  physnets: showPhysnets,
  tunnels: showTunnels,
  metadata: showMetadata,
  fdb: showFdb,
};

export function isShowNoun(word: string): word is ShowNoun {
  return Object.hasOwn(providers, word);
}

export async function showRows(
  noun: ShowNoun,
  shown: Shown,
  limit: number,
  filter?: SessionFilter,
): Promise<Iterable<ShowRows[ShowNoun]>> {
  return await providers[noun](shown, limit, filter);
}
