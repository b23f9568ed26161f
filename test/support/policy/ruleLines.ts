import type { Random } from './random.js';
import { NAMES, OWN, PREFIXES, TABLES } from './topology.js';

/** Random rules in the words of ip-rule(8). `wrong` percent of them have something that the kernel, or ip(8) itself, refuses. */
export function ruleLine(random: Random, known: readonly string[], wrong: number): string {
  if (known.length > 0 && random.chance(5)) return random.pick(known);
  const words = [...selectors(random), ...priority(random), ...action(random)];
  return random.chance(wrong) ? spoilt(random, words).join(' ') : words.join(' ');
}

export function prefix(random: Random): string {
  const chosen = random.pick(PREFIXES);
  if (random.chance(70)) return chosen;
  const [address, length] = chosen.split('/') as [string, string];
  const longer = random.between(Number(length), 32);
  const bits = longer === 0 ? 0 : (random.word() >>> Number(length)) & (-1 << (32 - longer));
  return `${text((number(address) | (Number(length) === 32 ? 0 : bits)) >>> 0)}/${longer}`;
}

/** An address in a prefix; often its first or last one. */
export function addressIn(random: Random, wide: string): string {
  const [address, length] = wide.split('/') as [string, string];
  const span = 2 ** (32 - Number(length));
  const edge = random.below(8);
  const offset = edge === 0 ? 0 : edge === 1 ? span - 1 : random.word() % span;
  return text((number(address) + offset) >>> 0);
}

export function number(address: string): number {
  return address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

export function text(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');
}

function selectors(random: Random): string[] {
  const words: string[] = [];
  if (random.chance(12)) words.push('not');
  if (random.chance(55)) words.push('from', random.chance(10) ? 'all' : source(random));
  if (random.chance(30)) words.push('to', random.chance(10) ? random.pick(OWN) : prefix(random));
  if (random.chance(12)) words.push('tos', random.pick(['0x10', '0x08', '0x04', '0x1c', '0', '0x18']));
  if (random.chance(20)) words.push(random.pick(['iif', 'dev']), random.pick([...NAMES, 'lo', 'lo', 'gone0']));
  if (random.chance(10)) words.push('oif', random.pick([...NAMES, 'gone0', 'lo']));
  if (random.chance(15)) words.push('fwmark', mark(random));
  if (random.chance(15)) words.push('ipproto', random.pick(['tcp', 'udp', 'icmp', '47', '0', '255', '17']));
  if (random.chance(10)) words.push('sport', ports(random));
  if (random.chance(15)) words.push('dport', ports(random));
  if (random.chance(10)) words.push('uidrange', random.pick(['0-0', '1-100', '100-100', '50-4294967294', '0-4294967294', '7-9']));
  return words.length === 0 ? ['from', 'all'] : words;
}

/** Host bits are allowed here, as in the rule of every router interface: from 10.0.0.1/24. */
function source(random: Random): string {
  if (random.chance(15)) return random.pick(['10.0.1.1/24', '10.0.2.1/25', '10.1.2.3/16', '8.8.8.8/8']);
  return random.chance(10) ? random.pick(OWN) : prefix(random);
}

function mark(random: Random): string {
  return random.pick(['1', '0x1/0xff', '0/0xff', '0', '0x80000000/0x80000000', '4294967295', '0x10/0xf0', '5/0', '0x1ff/0xff']);
}

function ports(random: Random): string {
  return random.pick(['53', '1-1023', '1000-2000', '2000-2000', '65534', '1-65534', '80', '443']);
}

function priority(random: Random): string[] {
  if (random.chance(25)) return [];
  const word = random.pick(['pref', 'prio', 'priority', 'order']);
  if (random.chance(60)) return [word, random.pick(['1', '5', '100', '100', '200', '300', '32765', '32766', '40000'])];
  return [word, random.chance(15) ? random.pick(['0', '4294967295', '2147483648']) : String(random.between(1, 33_000))];
}

function action(random: Random): string[] {
  const table = (): string => String(random.pick(TABLES));
  const kind = random.below(100);
  if (kind < 50) return [random.pick(['lookup', 'table']), table()];
  if (kind < 62) return ['lookup', table(), 'suppress_prefixlength', random.pick(['0', '8', '16', '23', '24', '32'])];
  if (kind < 68) return ['lookup', table(), 'suppress_ifgroup', random.pick(['0', '1', '2', '2147483647', 'default'])];
  if (kind < 71) return ['lookup', table(), 'suppress_prefixlength', '8', 'suppress_ifgroup', '1'];
  if (kind < 81) return ['goto', random.pick(['100', '200', '300', '32765', '32766', '40000', '4294967295', '777'])];
  if (kind < 86) return ['nop'];
  return [random.chance(3) ? 'reject' : random.pick(['blackhole', 'unreachable', 'prohibit'])];
}

/** One thing that is wrong. */
function spoilt(random: Random, words: readonly string[]): string[] {
  const without = (word: string): string[] => {
    const at = words.indexOf(word);
    return at < 0 ? [...words] : [...words.slice(0, at), ...words.slice(at + 2)];
  };
  const fault = random.below(16);
  if (fault === 0) return [...without('tos'), 'tos', random.pick(['0x20', '0xb8', '1', '0x1e', '256', '0xfc'])];
  if (fault === 1)
    return [...without('dport'), 'dport', random.pick(['0', '65535', '1-65535', '0-5', '20-10', '65536', '-1', '5-'])];
  if (fault === 2) return [...without('sport'), 'sport', random.pick(['0', '65535', '7-3', 'http-alt!', '1-2-3'])];
  if (fault === 3) return ['from', '10.0.0.0/8', 'pref', '300', 'goto', random.pick(['300', '299', '5', '0'])];
  if (fault === 4) return [...without('uidrange'), 'uidrange', random.pick(['9-7', '5', '1-4294967296', 'a-b', '1-'])];
  if (fault === 5) return [...without('iif'), 'iif', random.pick(['a-name-that-is-too-long', 'with/slash'])];
  if (fault === 6) return [...without('fwmark'), 'fwmark', random.pick(['0x1ffffffff', '1/0x1ffffffff', 'red', '1/', '-1'])];
  if (fault === 7)
    return [...without('from'), 'from', random.pick(['10.0.0.0/33', '10.0.0.256', '10.0.0.0/-1', '1.2.3.4.5', 'host!'])];
  if (fault === 8) return [...words, random.pick(['fribble', 'lookup', 'pref', 'goto', 'table'])];
  if (fault === 9) return [...without('pref'), 'pref', random.pick(['4294967296', '-1', 'first'])];
  if (fault === 10) return ['from', '10.0.0.0/8', 'table', random.pick(['4294967296', 'nowhere', '-1'])];
  if (fault === 11) return [...without('ipproto'), 'ipproto', random.pick(['256', 'no-such', '-1'])];
  if (fault === 12)
    return ['from', '10.0.0.0/8', 'lookup', 'main', 'suppress_prefixlength', random.pick(['33', '-1', 'x', '4294967296'])];
  if (fault === 13) return ['from', '10.0.0.0/8', random.pick(['unreachable', 'nop']), 'suppress_prefixlength', '8'];
  if (fault === 14)
    return ['from', '10.0.0.0/8', 'lookup', 'main', 'suppress_ifgroup', random.pick(['4294967296', 'nobody', '-1'])];
  return ['from', '10.0.0.0/8', random.pick(['goto', 'lookup', 'to', 'from'])];
}
