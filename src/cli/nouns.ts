import { nearest } from '../config/nearest.js';
import { WindroseError } from '../errors/catalog.js';
import type { ShowNoun } from '../types/show.js';

/** Every noun with its short form; prefixes of either are accepted when only one noun has them. */
export const NOUNS: Readonly<Record<ShowNoun, readonly string[]>> = {
  ifaces: ['interfaces', 'links'],
  neighbors: ['neighbours', 'arp'],
  routes: [],
  rules: [],
  probes: ['nexthops'],
  zones: [],
  pools: ['local-addresses'],
  sessions: [],
  workers: [],
  drops: [],
  top: ['talkers'],
  'inside-hosts': [],
  mappings: ['bindings'],
  statics: ['static-mappings'],
  config: ['configuration'],
  networks: ['nets'],
  subnets: [],
  lports: ['ports'],
  routers: [],
  rifs: ['router-interfaces'],
  'floating-ips': ['floatingips', 'fips'],
  hosts: ['hypervisors'],
  hostmacs: ['host-macs'],
  fdb: ['l2'],
  physnets: ['physical-networks'],
  tunnels: ['vteps'],
  metadata: [],
};

/** The noun a word means: itself, its singular, an alias, or a prefix that no other noun shares. */
export function nounOf(word: string): ShowNoun {
  const asked = word.toLowerCase();
  const all = Object.entries(NOUNS) as [ShowNoun, readonly string[]][];
  const exact = all.find(([noun, aliases]) => [asked, `${asked}s`].some((word) => word === noun || aliases.includes(word)));
  if (exact !== undefined) return exact[0];
  const found = asked === '' ? [] : all.filter(([noun, aliases]) => [noun, ...aliases].some((name) => name.startsWith(asked)));
  if (found.length === 1) return found[0]![0];
  const near = nearest(
    asked,
    all.flatMap(([noun, aliases]) => [noun, ...aliases]),
  );
  const meant = found.length > 0 ? found.map(([noun]) => noun).join(' or ') : near;
  throw new WindroseError('SHOW_UNKNOWN', word, meant === undefined ? '' : `it may mean ${meant}`);
}
