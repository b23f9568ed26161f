import { presenceOf } from './hosts.js';
import type { Shown } from './shown.js';

/** How a host is that does not forward, as far as this one has seen: it serves none of its addresses. Undefined: it lives, or nobody knows. */
export function awayState({ life, objects }: Pick<Shown, 'life' | 'objects'>, host: string): string | undefined {
  if (life === undefined || objects === undefined || life.others.lostSince !== undefined) return undefined;
  const { hosts } = life.others;
  const known = hosts.get(host);
  // Those that were away when this gateway began are not among them; before it has looked, nobody is.
  if (known === undefined) return life.shared && hosts.has(objects.host) ? 'not there' : undefined;
  const { state } = presenceOf(known, host === objects.host, undefined);
  return state === 'silent' || state === 'stopped' || state === 'starting' ? state : undefined;
}

/** Seconds that the store of a cloud says nothing to this host; undefined: it answers, or is this host's own. */
export function storeAwaySeconds({ life }: Pick<Shown, 'life'>): number | undefined {
  const lostSince = life?.shared === true ? life.others.lostSince : undefined;
  return lostSince === undefined ? undefined : Math.max(0, Date.now() - lostSince) / 1000;
}
