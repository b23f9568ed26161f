import { loadConfig } from '../../src/config/load.js';
import type { Dice } from '../support/mutate.js';

/** Rules and routes drawn at random, of interfaces and next hops that a test has. */
export interface PolicyParts {
  readonly ifaces: readonly string[];
  /** Next hops, and the interface each is by. */
  readonly hops: readonly (readonly [via: string, dev: string])[];
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
  /** Own addresses, for `src`. */
  readonly own: readonly string[];
  /** Whether rules may rewrite sources. */
  readonly nat: boolean;
}

const TABLES = ['9', '10', 'main', 'default', '4000000000'];

/** Lines of `rules` and `routes`, and other keys, such that `yaml` of them is a configuration. */
export function randomPolicy(
  dice: Dice,
  parts: PolicyParts,
  yaml: (rules: string[], routes: string[], more: string) => string,
): string {
  for (;;) {
    const rules = Array.from({ length: dice.below(7) }, () => randomRule(dice, parts));
    const routes = Array.from({ length: 1 + dice.below(9) }, () => randomRoute(dice, parts));
    const text = yaml(rules, [...new Set(routes)], randomSettings(dice));
    // A next hop may be out of reach by these very rules, two lines the same: another draw.
    if (loadConfig(text, 'random').config !== undefined) return text;
  }
}

function randomSettings(dice: Dice): string {
  const hash = `routing: { multipathHash: ${dice.pick(['addresses', 'ports', 'inner'])} }`;
  return dice.below(8) === 0 ? `${hash}\ndefaultRules: { local: false, force: true }` : hash;
}

function randomRule(dice: Dice, parts: PolicyParts): string {
  const often = (n: number): boolean => dice.below(n) === 0;
  const pref = dice.pick([1, 50, 100, 100, 200, 32_766, 40_000, 4_294_967_295]);
  const source = dice.pick(parts.sources);
  const words = [`pref ${pref}`];
  const nat = parts.nat && often(6);
  if (often(8)) words.push('not');
  if (nat || often(2)) words.push(`from ${source}`);
  if (often(4)) words.push(`to ${dice.pick(parts.destinations)}`);
  if (often(6)) words.push(`iif ${dice.pick([...parts.ifaces, 'lo', 'nobody'])}`);
  if (often(5)) words.push(dice.pick(['tos 0x10', 'tos 0x08', 'tos 0x04', 'dscp 4', 'dscp 2', 'dscp 46']));
  if (often(8)) words.push(`ipproto ${dice.pick(['tcp', 'udp', 'icmp'])}`);
  if (often(8)) words.push(`dport ${dice.pick(['53', '80-5000', '5000', '1'])}`);
  if (often(8)) words.push(`sport ${dice.pick(['1-40', '2', '1000'])}`);
  if (often(12)) words.push(dice.pick(['fwmark 0/1', 'fwmark 1', 'uidrange 0-0', 'oif lan']));
  if (nat) return [...words, `nat 172.20.${dice.below(3)}.0 lookup ${dice.pick(TABLES)}`].join(' ');
  const action = dice.below(12);
  if (action === 0) words.push(dice.pick(['unreachable', 'prohibit', 'blackhole']));
  else if (action === 1) words.push('nop');
  else if (action === 2) words.push(`goto ${pref + 1 + dice.below(300)}`);
  else words.push(`lookup ${dice.pick(TABLES)}`);
  if (action > 2 && often(8)) words.push(`suppress_prefixlength ${dice.pick([0, 8, 16, 24])}`);
  if (action > 2 && often(10)) words.push('suppress_ifgroup 0');
  return words.join(' ');
}

function randomRoute(dice: Dice, parts: PolicyParts): string {
  const often = (n: number): boolean => dice.below(n) === 0;
  const to = often(3) ? 'default' : dice.pick(parts.destinations);
  const table = `table ${dice.pick(TABLES)}`;
  const tos = often(8) ? ` tos ${dice.pick(['0x10', '0x08'])}` : '';
  const metric = often(6) ? ` metric ${dice.below(3)}` : '';
  const attributes = `${often(6) ? ` mtu ${dice.pick([600, 1300])}` : ''}${often(6) ? ` src ${dice.pick(parts.own)}` : ''}`;
  const kind = dice.below(14);
  if (kind === 0) return `${dice.pick(['unreachable', 'prohibit', 'blackhole', 'throw'])} ${to}${tos} ${table}${metric}`;
  if (kind === 1) return `local ${dice.pick(['203.0.113.64/26', '198.51.100.8'])} dev lo table ${dice.pick(['local', '9'])}`;
  if (kind === 2) return `${to === 'default' ? '198.51.100.0/24' : to}${tos} dev ${dice.pick(parts.ifaces)} ${table}${metric}`;
  if (kind < 5) {
    const ways = [dice.pick(parts.hops), dice.pick(parts.hops)].map(
      ([via, dev]) => `nexthop via ${via} dev ${dev} weight ${1 + dice.below(3)}`,
    );
    return `${to}${tos} ${table}${metric}${attributes} ${ways.join(' ')}`;
  }
  const [via, dev] = dice.pick(parts.hops);
  return `${to}${tos} via ${via} dev ${dev} ${table}${metric}${attributes}`;
}
