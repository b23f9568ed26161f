import type { PagedNoun } from './show.js';

/**
 * Words that select sessions, mappings and inside hosts, as conntrack(8) and ss(8) name them: `show sessions src 1.1.0.0/16 proto
 * tcp`. The command line takes them in pairs, the control socket as parameters of the request.
 */
export interface Selector {
  /** What stands behind the word. */
  readonly value: string;
  readonly help: string;
}

export const selectors = {
  src: { value: 'PREFIX', help: 'inside address' },
  dst: { value: 'PREFIX', help: 'remote address' },
  external: { value: 'PREFIX', help: 'local address the session is translated to' },
  proto: { value: 'PROTO', help: 'tcp, udp, icmp; of static mappings also gre, esp, a number, ...' },
  state: { value: 'STATE', help: 'state as "show sessions" prints it, in either case' },
  zone: { value: 'NAME', help: 'zone that made the session; static: a static mapping did' },
  router: { value: 'NAME', help: "router whose SNAT service it is of; the gateway's own are of none" },
  sport: { value: 'PORT', help: 'inside port, or identifier of an ICMP query' },
  dport: { value: 'PORT', help: 'remote port' },
  eport: { value: 'PORT', help: 'external port or identifier' },
} as const satisfies Readonly<Record<string, Selector>>;

export type SelectorWord = keyof typeof selectors;

/** What each noun may be selected by: those that all rows of it have one value of. */
export const selectorsOf: Readonly<Record<PagedNoun, readonly SelectorWord[]>> = {
  sessions: Object.keys(selectors) as SelectorWord[],
  mappings: ['src', 'external', 'proto', 'zone', 'router', 'sport', 'eport'],
  'inside-hosts': ['src', 'zone', 'router'],
};

export function isSelector(word: string): word is SelectorWord {
  return Object.hasOwn(selectors, word);
}
