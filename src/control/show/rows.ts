import type { SessionFilter } from '../../pipeline/sessionSweep.js';
import type { ShowNoun, ShowRows } from '../../types/show.js';
import { showConfig } from './config.js';
import { showDrops } from './drops.js';
import { showIfaces } from './ifaces.js';
import { showNeighbors } from './neighbors.js';
import { showPools } from './pools.js';
import { showRoutes } from './routes.js';
import { showSessions } from './sessions.js';
import type { Shown } from './shown.js';
import { showTop } from './top.js';
import { showWorkers } from './workers.js';
import { showZones } from './zones.js';

/** Noun -> its rows. Sessions alone may be many: they are made one by one, at most `limit`. */
const providers: {
  readonly [N in ShowNoun]: (shown: Shown, limit: number, filter: SessionFilter | undefined) => Iterable<ShowRows[N]>;
} = {
  ifaces: showIfaces,
  neighbors: showNeighbors,
  routes: showRoutes,
  zones: showZones,
  pools: showPools,
  sessions: showSessions,
  workers: showWorkers,
  drops: showDrops,
  top: showTop,
  config: showConfig,
};

export function isShowNoun(word: string): word is ShowNoun {
  return Object.hasOwn(providers, word);
}

export function showRows(noun: ShowNoun, shown: Shown, limit: number, filter?: SessionFilter): Iterable<ShowRows[ShowNoun]> {
  return providers[noun](shown, limit, filter);
}
