import type { Random } from './random.js';
import { addressIn, prefix } from './ruleLines.js';
import { BROADCASTS, NAMES, NEIGHBORS, OWN, TABLES } from './topology.js';

/** Tables that routes go into: few, so that rules meet them. */
const USUAL_TABLES = ['main', '100', '167772161', '4294967295', 'default', '2147483648'];

/**
 * Random routes in the words of ip-route(8), those of narrower scope first: the kernel wants a gateway to be reachable when a route
 * is added, Windrose reads a file as a whole. `wrong` percent of them have something that the kernel, or ip(8) itself, refuses.
 */
export function routeLines(random: Random, count: number, wrong: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    if (lines.length > 0 && random.chance(4)) lines.push(random.pick(lines));
    else lines.push((random.chance(wrong) ? spoilt(random) : route(random)).join(' '));
  }
  return lines
    .map((line) => ({ line, rank: rank(line) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ line }) => line);
}

/** Local and host scope, then link, then by gateways. */
function rank(line: string): number {
  if (/^local|scope host|scope 254/.test(line)) return 0;
  return line.includes('via') ? 2 : 1;
}

/** Prefixes of routes that would answer before everything else if they were wide. */
const NARROW = ['10.0.1.9/32', '10.1.2.0/24', '10.1.2.2/31', '172.16.5.64/26', '8.8.8.8/32', '10.0.3.0/28'];

/** Away from the router's links: a neighbour that the tables call the router itself is another matter (listed.ts). */
const OTHERS = ['10.1.2.0/24', '10.1.2.2/31', '172.16.5.64/26', '8.8.8.8/32', '198.18.0.0/15', '10.0.1.9/32'];

function route(random: Random): string[] {
  const words = anyRoute(random);
  const table = words.indexOf('table');
  const first = table >= 0 && (words[table + 1] === '255' || words[table + 1] === 'local');
  return first ? words.map((word) => (/^default$|\/\d+$/.test(word) ? random.pick(NARROW) : word)) : words;
}

function anyRoute(random: Random): string[] {
  const kind = random.below(100);
  if (kind < 45) return [prefixOrDefault(random), ...gateway(random), ...options(random)];
  if (kind < 57)
    return [prefix(random), 'dev', random.pick([...NAMES, 'lo']), ...scope(random), ...plain(random), ...preferred(random)];
  if (kind < 70) return [prefixOrDefault(random), ...options(random), ...ways(random)];
  if (kind < 86)
    return [random.pick(['blackhole', 'unreachable', 'prohibit', 'throw', 'throw']), prefixOrDefault(random), ...plain(random)];
  if (kind < 92) return ['local', random.pick(OTHERS), 'dev', random.pick([...NAMES, 'lo']), ...plain(random)];
  if (kind < 95) return ['broadcast', random.pick(OTHERS), 'dev', random.pick(NAMES), ...plain(random)];
  if (kind < 96) return ['multicast', random.pick(['224.1.0.0/16', '10.1.2.0/24']), 'dev', random.pick(NAMES), ...plain(random)];
  if (kind < 98) return ['unicast', prefix(random), ...gateway(random), ...options(random)];
  return [addressIn(random, prefix(random)), ...gateway(random), ...options(random)];
}

function prefixOrDefault(random: Random): string {
  return random.chance(25) ? random.pick(['default', 'default', '0.0.0.0/0']) : prefix(random);
}

/** `via` of a neighbour, its interface named or not; sometimes of one that is only reachable by a route of the table. */
function gateway(random: Random): string[] {
  const [address, dev] = random.pick(NEIGHBORS);
  const kind = random.below(100);
  if (kind < 55) return ['via', address, 'dev', dev];
  if (kind < 80) return ['via', address];
  if (kind < 90) return ['via', addressIn(random, prefix(random)), 'dev', random.pick(NAMES), 'onlink'];
  return ['via', addressIn(random, prefix(random)), ...(random.chance(50) ? ['dev', random.pick(NAMES)] : [])];
}

function ways(random: Random): string[] {
  return Array.from({ length: random.between(2, 4) }, () => {
    const [address, dev] = random.pick(NEIGHBORS);
    const weight = random.chance(60) ? ['weight', random.pick(['1', '2', '10', '256'])] : [];
    const kind = random.below(10);
    if (kind < 7) return ['nexthop', 'via', address, 'dev', dev, ...weight];
    if (kind < 8) return ['nexthop', 'dev', random.pick(NAMES), ...weight];
    if (kind < 9) return ['nexthop', 'via', address, ...weight];
    return ['nexthop', 'via', addressIn(random, '172.16.0.0/12'), 'dev', dev, ...weight, 'onlink'];
  }).flat();
}

/** By name only: within one batch ip(8) of iproute2 6.1 takes a name for the number that it has read last. */
function scope(random: Random): string[] {
  return random.chance(70) ? [] : ['scope', random.pick(['link', 'global', 'host', 'site'])];
}

/** Table, tos, metric. */
function plain(random: Random): string[] {
  const words: string[] = [];
  if (random.chance(85)) words.push('table', String(random.chance(95) ? random.pick(USUAL_TABLES) : random.pick(TABLES)));
  if (random.chance(15)) words.push('tos', random.pick(['0x10', '0x08', '0x1c', '0xb8', '0x18', '0']));
  if (random.chance(30)) words.push('metric', random.pick(['0', '1', '5', '5', '100', '4294967295', '2147483648']));
  return words;
}

function preferred(random: Random): string[] {
  return random.chance(20) ? ['src', random.pick(OWN)] : [];
}

function options(random: Random): string[] {
  const words = plain(random);
  words.push(...preferred(random));
  if (random.chance(8)) words.push('mtu', random.pick(['1400', '9000', 'lock 1300', '68']));
  if (random.chance(4)) words.push('scope', random.pick(['global', 'link', 'site']));
  return words;
}

/** One thing that is wrong. */
function spoilt(random: Random): string[] {
  const to = prefix(random);
  const [via, dev] = random.pick(NEIGHBORS);
  const other = random.pick(NAMES.filter((name) => name !== dev));
  const table = ['table', random.pick(USUAL_TABLES)];
  const faults: readonly (() => string[])[] = [
    () => [to, 'via', random.pick(OWN), ...table],
    () => [to, 'via', random.pick(OWN), 'dev', random.pick(NAMES), ...table],
    () => [to, 'via', random.pick(BROADCASTS), ...(random.chance(50) ? ['dev', 'qr-blue'] : []), ...table],
    () => [to, 'via', random.pick(['10.0.1.0', '10.0.2.0', '192.0.2.0']), ...(random.chance(50) ? ['dev', dev] : []), ...table],
    () => [to, 'via', '172.31.255.1', ...(random.chance(50) ? ['dev', dev] : []), ...table],
    () => [to, 'via', via, 'dev', other, ...table],
    () => [to, 'via', via, 'onlink', ...table],
    () => [to, 'via', random.pick([...OWN, ...BROADCASTS]), 'dev', dev, 'onlink', ...table],
    () => [to, 'via', via, 'dev', 'gone0', ...table],
    () => [to, 'dev', dev, 'src', random.pick(['10.9.9.9', '10.0.1.2', '10.0.1.255', '0.0.0.0']), ...table],
    () => [to, 'via', via, 'dev', dev, 'scope', random.pick(['link', 'host']), ...table],
    () => [random.pick(['10.1.2.3/24', '10.0.0.1/8', '0.0.0.1/0', '1.2.3.4/33']), 'via', via, ...table],
    () => [random.pick(['blackhole', 'unreachable', 'prohibit', 'throw']), to, 'via', via, 'dev', dev, ...table],
    () => [random.pick(['blackhole', 'prohibit']), to, 'dev', dev, ...table],
    () => ['local', to, 'via', via, 'dev', dev, ...table],
    () => ['local', to, 'dev', dev, 'scope', random.pick(['link', 'global']), ...table],
    () => [to, 'via', via, 'tos', random.pick(['1', '2', '3', '0x11', '256']), ...table],
    () => [to, 'via', via, 'metric', random.pick(['4294967296', '-1', 'x']), ...table],
    () => [to, 'via', via, 'table', random.pick(['4294967296', 'nowhere', '-3'])],
    () => [to, ...table, 'nexthop', 'via', via, 'weight', random.pick(['0', '257', 'x']), 'nexthop', 'via', '10.0.1.2'],
    () => [to, ...table, 'nexthop', 'via', '172.31.255.1', 'nexthop', 'via', '10.0.1.2'],
    () => [to, 'via', random.pick(['0.0.0.0', '224.0.0.5', '127.0.0.1', '255.255.255.255', '10.0.1']), 'dev', dev, ...table],
    () => [to, 'via', via, 'dev', dev, 'mtu', random.pick(['-1', 'x', '4294967296', '70000'])],
    () => [to, 'dev', dev, 'onlink', ...table],
    () => [to, ...table],
    () => [random.pick(['unicast', 'blackhole', 'via', 'table'])],
    () => [to, 'via', via, 'fribble', ...table],
    () => [
      random.pick(['224.0.0.0/4', '239.1.2.3/32', '255.255.255.255/32', '240.0.0.0/4', '127.0.0.0/8']),
      'via',
      via,
      ...table,
    ],
    () => [to, 'dev', dev, 'scope', random.pick(['nowhere', 'elsewhere']), ...table],
    () => ['broadcast', to, 'via', via, 'dev', dev, ...table],
  ];
  return random.pick(faults)();
}
