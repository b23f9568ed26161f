import type { Config } from '../../../src/config/config.js';
import { formatIssue } from '../../../src/config/issues.js';
import { loadConfig } from '../../../src/config/load.js';
import { listRifs } from '../../../src/control/buildRifs.js';
import { compileFib } from '../../../src/control/routing/compileFib.js';
import { type RouteGetSource, typeName, wayText } from '../../../src/control/routing/fibText.js';
import { routeGet } from '../../../src/control/routing/routeGet.js';
import { StateIndex } from '../../../src/control/stateIndex.js';
import { fibLookup, wayUsable } from '../../../src/routing/fibLookup.js';
import { FibKey, FibNexthop, FibResult, FibRoute, RIF_ANY, RIF_LO } from '../../../src/tables/fib.js';
import { allocateState, stateOf } from '../../../src/tables/state.js';
import { formatIpv4, parseIpv4, type WireIpv4 } from '../../../src/types/ipv4.js';
import type { KernelAnswer, KernelRoute } from './kernelRouter.js';
import type { Question } from './questions.js';
import type { RuleSet } from './ruleSet.js';
import { IFACES } from './topology.js';

/** The rules and routes of a set by their place: rules (those by netlink last) or routes. */
export interface Refusals {
  readonly rules: ReadonlyMap<number, string>;
  readonly routes: ReadonlyMap<number, string>;
}

/** The set as a configuration file. */
export function yamlOf(set: RuleSet): string {
  const list = (lines: readonly string[]): string => lines.map((line) => `  - ${JSON.stringify(line)}\n`).join('');
  const ifaces = IFACES.map(
    ({ name, addresses, group }, i) =>
      `  - { name: ${name}, tap: wrp${i}, role: inside, addresses: [${addresses.join(', ')}], group: ${group} }\n`,
  );
  const { local, main, default: last } = set.defaultRules;
  const rules = [...set.rules, ...set.netlinkRules];
  return `name: policy
ifaces:
${ifaces.join('')}defaultRules: { local: ${local}, main: ${main}, default: ${last}, force: true }
routing: { ignoreLinkdown: true }
${rules.length === 0 ? '' : `rules:\n${list(rules)}`}${set.routes.length === 0 ? '' : `routes:\n${list(set.routes)}`}`;
}

export interface Loaded {
  readonly config: Config;
  readonly refused: Refusals;
}

/** A gateway's configuration and tables, in memory. */
export class WindroseRouter {
  readonly #index = new StateIndex(
    stateOf(allocateState({ workers: 1, sessions: 8, neighbors: 8, addresses: 8, hosts: 64 }, { k0: 1, k1: 2 }), 0).ports,
  );

  /**
   * What is refused, and the rest as a configuration. `oneByOne`: lines that are there twice are left out singly, for what else is
   * wrong may depend on each. Throws when something else is wrong with the file.
   */
  load(set: RuleSet, oneByOne: boolean): Loaded {
    return load(set, oneByOne);
  }

  /** Its tables. */
  build(config: Config, withoutCarrier: readonly string[]): RouteGetSource {
    const mtus = config.ifaces.map(() => 1500);
    const rifs = listRifs(config, mtus, this.#index);
    const store = compileFib(config, rifs, [], this.#index.addresses());
    for (const rif of rifs)
      if (withoutCarrier.includes(rif.config.name)) store.setLink(rif.index, { dead: false, linkdown: true });
    return { config, rifs, snapshot: { fib: store.snapshot() } };
  }
}

/** Which lines are refused, whatever else is in the file: rules first, for routes depend on them. */
function load(set: RuleSet, oneByOne: boolean): Loaded {
  const refused = { rules: new Map<number, string>(), routes: new Map<number, string>() };
  const rules = set.rules.length + set.netlinkRules.length;
  for (;;) {
    const keptRules = indices(rules, refused.rules);
    const keptRoutes = indices(set.routes.length, refused.routes);
    const part: RuleSet = {
      ...set,
      rules: keptRules.filter((i) => i < set.rules.length).map((i) => set.rules[i]!),
      netlinkRules: keptRules.filter((i) => i >= set.rules.length).map((i) => set.netlinkRules[i - set.rules.length]!),
      routes: keptRoutes.map((i) => set.routes[i]!),
    };
    const { config, issues } = loadConfig(yamlOf(part), 'policy.yaml');
    if (config !== undefined) return { config, refused };
    const faults = { rules: new Map<number, string>(), routes: new Map<number, string>() };
    for (const issue of issues) {
      const place = /^(rules|routes)\[(\d+)\]/.exec(issue.path);
      if (issue.severity !== 'error') continue;
      if (place === null) throw new Error(formatIssue(issue));
      if (place[1] === 'rules') faults.rules.set(keptRules[Number(place[2])]!, issue.message);
      else faults.routes.set(keptRoutes[Number(place[2])]!, issue.message);
    }
    const kind = faults.rules.size > 0 ? 'rules' : 'routes';
    // What is a second one of a line that is refused itself is none when that is gone.
    const second = /^is the same as |is already the destination of /;
    const firsts = [...faults[kind]].filter(([, message]) => !second.test(message));
    if (faults[kind].size === 0) throw new Error(`refused as a whole: ${issues.map(formatIssue).join('\n')}`);
    const seconds = [...faults[kind]].slice(0, oneByOne ? 1 : undefined);
    for (const [i, message] of firsts.length > 0 ? firsts : seconds) refused[kind].set(i, message);
  }
}

function indices(count: number, gone: ReadonlyMap<number, string>): number[] {
  return Array.from({ length: count }, (_, i) => i).filter((i) => !gone.has(i));
}

/** What the engine says to a question, in the words the kernel's answers are read into. */
export interface WindroseAnswer extends KernelAnswer {
  readonly route: KernelRoute;
  /** Those of its ways that are up. */
  readonly usable: readonly string[];
  /** Whether the source's own route leads out of an interface, or nowhere: else the kernel drops the packet before anything. */
  readonly sourceIsElsewhere: boolean;
}

export function ask(built: RouteGetSource, asked: Question): WindroseAnswer {
  const request = {
    destination: wire(asked.destination),
    source: asked.source === undefined ? undefined : wire(asked.source),
    iif: asked.iif,
    oif: asked.oif,
    tos: asked.tos,
    mark: asked.mark | 0,
    protocol: asked.protocol,
    sourcePort: asked.sourcePort || -1,
    destinationPort: asked.destinationPort || -1,
    uid: asked.uid,
  };
  const answer = routeGet(built, request);
  if ('fault' in answer) throw new Error(answer.fault);
  const { error, type, via, dev, table, src } = answer.value;
  const found = foundBy(built, keyOf(built, asked));
  // The kernel may have chosen another way of several.
  const devs = found.usable.length > 1 ? found.usable.map((way) => way.replace(/.*dev /, '')) : [dev];
  return {
    ...found,
    error: error ?? '',
    type,
    via,
    dev,
    table,
    src,
    sourceIsElsewhere: asked.iif === undefined || devs.every((out) => reverseIsElsewhere(built, asked, type, out)),
  };
}

type Found = Pick<WindroseAnswer, 'type' | 'route' | 'usable'>;

const NOTHING: Found = {
  type: '',
  route: { error: '', type: '', to: '', table: '', metric: 0, tos: 0, ways: [] },
  usable: [],
};

function keyOf(built: RouteGetSource, asked: Question): Int32Array {
  const key = new Int32Array(FibKey.Words);
  key[FibKey.Source] = asked.source === undefined ? 0 : wire(asked.source);
  key[FibKey.Destination] = wire(asked.destination);
  key[FibKey.Tos] = asked.tos;
  key[FibKey.Iif] = asked.iif === undefined ? RIF_LO : rifOf(built, asked.iif);
  key[FibKey.Oif] = asked.oif === undefined ? RIF_ANY : rifOf(built, asked.oif);
  key[FibKey.Mark] = asked.mark;
  key[FibKey.Protocol] = asked.protocol;
  key[FibKey.SourcePort] = asked.sourcePort || -1;
  key[FibKey.DestinationPort] = asked.destinationPort || -1;
  key[FibKey.Uid] = asked.uid;
  return key;
}

/** The very route, as `ip route get fibmatch` prints it. */
function foundBy(built: RouteGetSource, key: Int32Array): Found {
  const { fib } = built.snapshot;
  const row = fibLookup(fib, key, new Int32Array(FibResult.Words)) * FibRoute.Words;
  if (row < 0) return NOTHING;
  const word = (at: FibRoute): number => fib.routes[row + at]!;
  const table = word(FibRoute.Table) >>> 0;
  const length = word(FibRoute.Length);
  const to = formatIpv4(word(FibRoute.Destination) as WireIpv4);
  const rows = Array.from({ length: word(FibRoute.Nexthops) }, (_, i) => word(FibRoute.Nexthop) + i);
  const ways = rows.map((way) => wayText(built, fib, way));
  const type = typeName(word(FibRoute.Type));
  return {
    type,
    route: {
      error: '',
      type,
      to: length === 0 ? 'default' : length === 32 ? to : `${to}/${length}`,
      table: table === 254 ? '' : (built.config.tableNames.get(table) ?? String(table)),
      metric: word(FibRoute.Metric) >>> 0,
      tos: word(FibRoute.Tos),
      ways,
    },
    usable: ways.filter((_, i) => wayUsable(fib, rows[i]! * FibNexthop.Words)),
  };
}

/** The route to the source, asked as __fib_validate_source does: none, one that refuses, or one out of an interface that is up. */
function reverseIsElsewhere(built: RouteGetSource, asked: Question, answered: string, out: string): boolean {
  const key = keyOf(built, asked);
  key[FibKey.Source] = answered === 'broadcast' ? 0 : wire(asked.destination);
  key[FibKey.Destination] = wire(asked.source!);
  key[FibKey.Iif] = out === '' || out === 'lo' ? RIF_LO : rifOf(built, out);
  key[FibKey.Mark] = 0;
  key[FibKey.SourcePort] = asked.destinationPort || -1;
  key[FibKey.DestinationPort] = asked.sourcePort || -1;
  const { type } = foundBy(built, key);
  return type !== 'local' && type !== 'broadcast' && type !== 'multicast';
}

function rifOf(built: RouteGetSource, name: string): number {
  return built.rifs.find(({ config }) => config.name === name)!.index;
}

function wire(address: string): WireIpv4 {
  const parsed = parseIpv4(address);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed.value;
}
