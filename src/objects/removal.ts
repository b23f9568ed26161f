import { KIND_KEYS, singular } from './kindNames.js';
import type { Objects } from './model.js';

/** Clouds of fewer objects are written anew without a question. */
const LEAST_OBJECTS = 10;
const NAMED = 3;

/**
 * What is to be asked about before the objects become others: more than half of many go, or hosts that run. A file that names a port only, given
 * without --merge, is the usual reason. Undefined: nothing of the kind.
 */
export function largeRemoval(before: Objects, after: Objects, runs: (host: string) => boolean): string | undefined {
  let of = 0;
  const gone = KIND_KEYS.flatMap((kind) => {
    of += before[kind].length;
    const stay = new Set(after[kind].map(({ name }) => name));
    return before[kind].filter(({ name }) => !stay.has(name)).map(({ name }) => ({ kind, name }));
  });
  const running = gone.filter(({ kind, name }) => kind === 'hosts' && runs(name));
  if (running.length === 0 && (of < LEAST_OBJECTS || gone.length * 2 <= of)) return undefined;
  // Hosts that run are the worst of it, and are named first.
  const first = [...running, ...gone.filter((one) => !running.includes(one))].slice(0, NAMED);
  const names = first.map(({ kind, name }) => `${singular(kind)} ${name}${kind === 'hosts' && runs(name) ? ', which runs' : ''}`);
  return `removes ${gone.length} of ${of} objects (${names.join('; ')}${gone.length > NAMED ? '; ...' : ''})`;
}
