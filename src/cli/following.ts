import { setTimeout as pause } from 'node:timers/promises';
import type { HostRow } from '../types/showObjects.js';
import { getJson } from './controlClient.js';

/** Between two looks at which revision hosts go by; they say it every 3 s. */
const LOOK_MS = 250;
/** Seconds. */
export const MOST_FOLLOWING = 30;

/** A host that lives and does not go by the newest objects; `behind`: by how many revisions, null where it has not said. */
export interface Lagging {
  readonly host: string;
  readonly behind: number | null;
}

/**
 * Waits until every host that lives goes by the newest objects of the store, and gives those that do not when `most` seconds are over. `tell` is
 * given a line for each that follows.
 */
export async function allFollow(socket: string, most: number, tell: (line: string) => void): Promise<Lagging[]> {
  const told = new Set<string>();
  for (const end = performance.now() + most * 1000; ; await pause(LOOK_MS)) {
    const rows = (await getJson(socket, '/v1/show/hosts')) as HostRow[];
    const live = rows.filter(({ named, state }) => named && state === 'alive');
    const lagging = live.filter(({ behind }) => behind !== 0).map(({ name: host, behind }) => ({ host, behind }));
    const late = new Set(lagging.map(({ host }) => host));
    for (const { name } of live)
      if (!late.has(name) && !told.has(name)) {
        told.add(name);
        const follow = live.filter((one) => !late.has(one.name) && told.has(one.name));
        tell(`${name} follows (${follow.length} of ${live.length})\n`);
      }
    if (late.size === 0 || performance.now() > end) return lagging;
  }
}

/** "h2 (3 revisions behind), h3 (has not said)" */
export function laggingText(all: readonly Lagging[]): string {
  return all
    .map(({ host, behind }) => {
      if (behind === null) return `${host} (has not said)`;
      return `${host} (${behind} revision${behind === 1 ? '' : 's'} behind)`;
    })
    .join(', ');
}
