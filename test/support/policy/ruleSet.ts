import type { DefaultRules } from './kernelRouter.js';
import { type Question, question } from './questions.js';
import { Random } from './random.js';
import { routeLines } from './routeLines.js';
import { addressIn, number, ruleLine, prefix as somePrefix } from './ruleLines.js';
import { IFACES, NAMES } from './topology.js';

/** What both sides are given, in ip(8)'s words. All of it comes from one seed. */
export interface RuleSet {
  readonly seed: number;
  readonly defaultRules: DefaultRules;
  readonly rules: readonly string[];
  /** Behind `rules`; ip(8) cannot write them (D34). */
  readonly netlinkRules: readonly string[];
  readonly routes: readonly string[];
  /** Interfaces without a carrier; ways by them are passed over. */
  readonly withoutCarrier: readonly string[];
}

/** Of a hundred lines so many are meant to be refused; as many again are by chance. */
const WRONG = 12;

export function ruleSet(seed: number): RuleSet {
  const random = new Random(seed);
  const rules: string[] = [];
  for (let i = random.between(1, 30); i > 0; i--) rules.push(ruleLine(random, rules, WRONG));
  return {
    seed,
    defaultRules: { local: !random.chance(3), main: !random.chance(10), default: !random.chance(10) },
    rules,
    netlinkRules: random.chance(10) ? Array.from({ length: random.between(1, 6) }, () => netlinkRule(random)) : [],
    routes: routeLines(random, random.between(1, 45), WRONG),
    withoutCarrier: random.chance(15) ? NAMES.filter(() => random.chance(40)) : [],
  };
}

/** So many look-ups in the set, about the prefixes it names. */
export function questionsOf(set: RuleSet, count: number): Question[] {
  const random = new Random(set.seed ^ 0x5bd1_e995);
  const named = [...set.rules, ...set.routes].join(' ').match(/\d+\.\d+\.\d+\.\d+(\/\d+)?/g) ?? [];
  const prefixes = named.map((one) => (one.includes('/') ? one : `${one}/32`)).filter(isPrefix);
  const own = IFACES.flatMap(({ addresses }) => addresses);
  return Array.from({ length: count }, () => question(random, prefixes.length === 0 ? own.map(network) : prefixes.map(network)));
}

/** The set without some lines; rules by netlink are counted behind the others. */
export function without(set: RuleSet, gone: (kind: 'rules' | 'routes', index: number) => boolean): RuleSet {
  return {
    ...set,
    rules: set.rules.filter((_, i) => !gone('rules', i)),
    netlinkRules: set.netlinkRules.filter((_, i) => !gone('rules', set.rules.length + i)),
    routes: set.routes.filter((_, i) => !gone('routes', i)),
  };
}

function isPrefix(text: string): boolean {
  const [address, length] = text.split('/') as [string, string];
  return Number(length) <= 32 && address.split('.').every((octet) => Number(octet) < 256);
}

/** With the host bits cleared. */
function network(text: string): string {
  const [address, length] = text.split('/') as [string, string];
  const mask = length === '0' ? 0 : -1 << (32 - Number(length));
  const cleared = (number(address) & mask) >>> 0;
  return `${[24, 16, 8, 0].map((shift) => (cleared >>> shift) & 255).join('.')}/${length}`;
}

function netlinkRule(random: Random): string {
  const words: string[] = random.chance(10) ? ['not'] : [];
  if (random.chance(40)) words.push('from', somePrefix(random));
  if (random.chance(20)) words.push('to', `${addressIn(random, '10.0.0.0/8')}/32`);
  const kind = random.below(4);
  if (kind === 0) words.push('dscp', random.pick(['4', '7', '46', '0x2e', '63', '2', '64', '0']));
  if (kind === 1) words.push('dscp', random.pick(['4/0x3f', '6/0x07', '4/0x04', '46/0x38', '0/0x07', '1/0x40']));
  if (kind === 2) words.push('dport', random.pick(['80/0xfff0', '53/0xffff', '1/0x1', '0x50/0xf0', '53/0x30', '65535/0xffff']));
  if (kind === 3) words.push('sport', random.pick(['0x400/0xfc00', '1500/0xffff', '443/0xffff', '0x200/0x200', '1-5/0xf']));
  if (kind > 1 && random.chance(50)) words.push('ipproto', random.pick(['tcp', 'udp', 'icmp']));
  words.push('pref', random.pick(['2', '50', '100', '20000', '32765']));
  return [
    ...words,
    ...random.pick([['lookup', '100'], ['lookup', 'default'], ['unreachable'], ['prohibit'], ['blackhole']]),
  ].join(' ');
}
