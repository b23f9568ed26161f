/**
 * Rules and routes as lines of ip-rule(8) and ip-route(8) -> the entries they stand for. A word that is not understood becomes a
 * key of that name, so the schema refuses it with the same sentence as in the long form; it takes no word that is understood for
 * its value, so that one fault stays one.
 */

export interface ParsedLine {
  readonly entry: Record<string, unknown>;
  /** Words that stand twice, and what contradicts another: [key, end of a sentence]. */
  readonly faults: readonly (readonly [string, string])[];
}

const RULE_WORDS: Readonly<Record<string, string>> = {
  lookup: 'table',
  pref: 'priority',
  preference: 'priority',
  prio: 'priority',
  order: 'priority',
  dev: 'iif',
  dsfield: 'tos',
  flowid: 'realms',
  realm: 'realms',
  'map-to': 'nat',
  protocol: 'proto',
  sup_pl: 'suppress_prefixlength',
  sup_group: 'suppress_ifgroup',
};

/** Actions that stand alone. */
const ACTIONS: Readonly<Record<string, string>> = {
  nop: 'nop',
  blackhole: 'blackhole',
  unreachable: 'unreachable',
  reject: 'unreachable',
  prohibit: 'prohibit',
  unicast: 'lookup',
};

const ROUTE_WORDS: Readonly<Record<string, string>> = {
  lookup: 'table',
  oif: 'dev',
  dsfield: 'tos',
  preference: 'metric',
  priority: 'metric',
  protocol: 'proto',
  realms: 'realm',
};

export const ROUTE_TYPES = [
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
] as const;
const TYPES: ReadonlyMap<string, string> = new Map([
  ...ROUTE_TYPES.map((type) => [type, type] as const),
  ['brd', 'broadcast'],
  ['reject', 'unreachable'],
]);

/** Sets a key, unless it is there already. */
class Entry {
  readonly entry: Record<string, unknown> = Object.create(null);
  readonly faults: [string, string][] = [];

  set(key: string, value: unknown): void {
    if (Object.hasOwn(this.entry, key)) this.faults.push([key, 'stands here twice']);
    else this.entry[key] = value ?? null;
  }
}

/** "from 10.0.0.1/24 lookup 167772161 pref 5" */
export function ruleLine(line: string): ParsedLine {
  const words = wordsOf(line);
  const made = new Entry();
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === 'not') made.set('not', true);
    else if (Object.hasOwn(ACTIONS, word)) made.set('type', ACTIONS[word]);
    else if (word === 'type') {
      const type = words.shift();
      made.set('type', type === undefined ? type : (ACTIONS[type] ?? type));
    } else made.set(Object.hasOwn(RULE_WORDS, word) ? RULE_WORDS[word]! : word, takeValue(word, words, RULE_KEYS));
  }
  return made;
}

/** "default via 10.0.0.3 dev qr-blue table 167772161", "10.0.0.0/8 nexthop via 1.1.1.1 weight 2 nexthop dev b" */
export function routeLine(line: string): ParsedLine {
  const words = wordsOf(line);
  const made = new Entry();
  while (words.length > 0 && words[0] !== 'nexthop') {
    const word = words.shift()!;
    if (TYPES.has(word)) made.set('type', TYPES.get(word));
    else if (word === 'onlink') made.set('onlink', true);
    else if (word === 'mtu') made.set('mtu', words[0] === 'lock' ? words.splice(0, 2).join(' ') : words.shift());
    else if (/^(?:\d|default$|all$|any$)/.test(word)) made.set('to', word);
    else if (word === 'via') made.set('via', gateway(words));
    // The first word may be a destination that is misspelt: it is told as one.
    else if (Object.keys(made.entry).every((key) => key === 'type') && !ROUTE_KEYS.has(word)) made.set('to', word);
    else made.set(Object.hasOwn(ROUTE_WORDS, word) ? ROUTE_WORDS[word]! : word, takeValue(word, words, ROUTE_KEYS));
  }
  if (words.length > 0) {
    const ways = nexthops(words);
    made.entry.nexthops = ways.map(({ entry }) => entry);
    made.faults.push(
      ...ways.flatMap(({ faults }) => faults.map(([key, what]): [string, string] => [key, `${what} in one nexthop`])),
    );
  }
  return made;
}

const ROUTE_KEYS = new Set([
  ...Object.keys(ROUTE_WORDS),
  ...'to via dev table tos metric scope src mtu proto realm onlink'.split(' '),
]);
const RULE_KEYS = new Set([
  ...Object.keys(RULE_WORDS),
  ...Object.keys(ACTIONS),
  ...'not from to tos dscp fwmark iif oif ipproto sport dport uidrange tun_id table goto nat type'.split(' '),
  ...'suppress_prefixlength suppress_ifgroup realms proto priority'.split(' '),
]);
const NEXTHOP_KEYS = new Set(['via', 'dev', 'oif', 'weight', 'onlink']);

/** The word behind `word`, which it takes; an unknown one leaves the known ones to themselves. */
function takeValue(word: string, words: string[], known: ReadonlySet<string>): string | undefined {
  return known.has(word) || words[0] === undefined || !known.has(words[0]) ? words.shift() : undefined;
}

/** "via 10.0.0.3 dev qr-blue weight 2" */
export function nexthopLine(line: string): ParsedLine {
  const words = wordsOf(line);
  return nexthop(words[0] === 'nexthop' ? words.slice(1) : words);
}

function nexthops(words: readonly string[]): ParsedLine[] {
  const starts = words.flatMap((word, i) => (word === 'nexthop' ? [i] : []));
  return starts.map((start, i) => nexthop(words.slice(start + 1, starts[i + 1])));
}

function nexthop(all: readonly string[]): ParsedLine {
  const words = [...all];
  const made = new Entry();
  while (words.length > 0) {
    const word = words.shift()!;
    if (word === 'onlink') made.set('onlink', true);
    else if (word === 'via') made.set('via', gateway(words));
    else made.set(word === 'oif' ? 'dev' : word, takeValue(word, words, NEXTHOP_KEYS));
  }
  return made;
}

/** ip(8) lets the family stand before the address. */
function gateway(words: string[]): string | undefined {
  if (words[0] === 'inet') words.shift();
  return words.shift();
}

function wordsOf(line: string): string[] {
  const trimmed = line.trim();
  return trimmed === '' ? [] : trimmed.split(/\s+/);
}
