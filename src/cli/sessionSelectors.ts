import { nearest } from '../config/nearest.js';
import { WindroseError } from '../errors/catalog.js';
import { isSelector, type SelectorWord, selectors, selectorsOf } from '../types/selectors.js';

/**
 * Pairs of words -> parameters of the request: ["src", "1.1.0.0/16"] -> src=1.1.0.0%2F16. `known`: those that the noun has. Throws
 * SELECTOR_FAULTY.
 */
export function selectorQuery(words: readonly string[], known: readonly SelectorWord[] = selectorsOf.sessions): URLSearchParams {
  const query = new URLSearchParams();
  for (let i = 0; i < words.length; i += 2) {
    const word = words[i]!.toLowerCase();
    const value = words[i + 1];
    if (!isSelector(word) || !known.includes(word)) {
      const meant = nearest(word, [...known]);
      const all = `the words are ${known.join(', ')}`;
      throw new WindroseError('SELECTOR_FAULTY', words[i]!, meant === undefined ? all : `did you mean "${meant}"? ${all}`);
    }
    if (value === undefined) throw new WindroseError('SELECTOR_FAULTY', word, `${selectors[word].value} is missing`);
    if (query.has(word)) throw new WindroseError('SELECTOR_FAULTY', word, 'it is given twice');
    query.set(word, value);
  }
  return query;
}

/** The words for a help page. */
export function selectorHelp(): string {
  const lines = Object.entries(selectors).map(([word, { value, help }]) => `  ${`${word} ${value}`.padEnd(18)}${help}`);
  return `\nSelectors:\n${lines.join('\n')}`;
}
