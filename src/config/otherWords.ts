/** Words that ip(8) and other files have for keys of rules, routes and next hops; the first one that a mapping can have is meant. */
const OTHER_WORDS: Readonly<Record<string, readonly string[]>> = {
  lookup: ['table'],
  pref: ['priority', 'metric'],
  preference: ['priority', 'metric'],
  prio: ['priority', 'metric'],
  order: ['priority'],
  priority: ['metric'],
  action: ['type'],
  mark: ['fwmark'],
  gateway: ['via'],
  gw: ['via'],
  nexthop: ['via'],
  destination: ['to'],
  dst: ['to'],
  prefix: ['to'],
  source: ['from', 'src'],
  src: ['from'],
  device: ['dev', 'iif'],
  interface: ['dev', 'iif'],
  dev: ['iif'],
  oif: ['dev'],
  dsfield: ['tos'],
  flowid: ['realms'],
  realm: ['realms'],
  realms: ['realm'],
  protocol: ['proto'],
  'map-to': ['nat'],
  sup_pl: ['suppress_prefixlength'],
  sup_group: ['suppress_ifgroup'],
};

/** The key among them that another word stands for, undefined when there is none. */
export function keyOfOther(word: string, keys: readonly string[]): string | undefined {
  return Object.hasOwn(OTHER_WORDS, word) ? OTHER_WORDS[word]!.find((one) => keys.includes(one)) : undefined;
}
