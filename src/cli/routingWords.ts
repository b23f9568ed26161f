import { WindroseError } from '../errors/catalog.js';

/**
 * "router NAME" and, of routes, "table N", as `ip route show` takes it, in either order -> parameters of the request. Throws SELECTOR_FAULTY.
 */
export function routingQuery(noun: 'routes' | 'rules' | 'neighbors', words: readonly string[]): URLSearchParams {
  const query = new URLSearchParams();
  const table = '"table NUMBER", "table NAME" or "table all"';
  const told = noun === 'routes' ? `it is "router NAME", ${table}` : 'it is "router NAME"';
  const known = noun === 'routes' ? ['router', 'table'] : ['router'];
  for (let i = 0; i < words.length; i += 2) {
    const [word, value] = [words[i]!, words[i + 1]];
    if (!known.includes(word) || query.has(word) || value === undefined) throw new WindroseError('SELECTOR_FAULTY', word, told);
    query.set(word, value);
  }
  return query;
}
