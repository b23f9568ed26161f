import type { Config } from '../../../src/config/config.js';
import { type DefaultRules, type KernelAnswer, type KernelDecision, KernelRouter } from './kernelRouter.js';
import { isOfMain, judge, type Listed, refusalListed } from './listed.js';
import { type Question, routeGetLine } from './questions.js';
import { questionsOf, type RuleSet, ruleSet, without } from './ruleSet.js';
import { ask, type Refusals, WindroseRouter } from './windroseRouter.js';

/** Rule sets in a namespace and in Windrose: what is refused, and where packets go. */

export interface Compared {
  lookups: number;
  lines: number;
  refused: number;
  /** Look-ups by what the kernel answered. */
  readonly answers: Map<string, number>;
  readonly listed: Map<Listed, number>;
  /** Unexplained differences, each with its seed, the fewest lines that show it, and both answers. */
  readonly faults: string[];
}

/** Faults after which it is enough. */
const MOST_FAULTS = 5;

export function emptyComparison(): Compared {
  return { lookups: 0, lines: 0, refused: 0, answers: new Map(), listed: new Map(), faults: [] };
}

/** Compares the sets of the seeds `first` to `first + count - 1`. `progress` is called after each. */
export async function compareSeeds(
  first: number,
  count: number,
  lookups: number,
  progress: (sum: Compared) => void,
): Promise<Compared> {
  const sum = emptyComparison();
  const bench = new Bench();
  try {
    for (let seed = first; seed < first + count && sum.faults.length < MOST_FAULTS; seed++) {
      const set = ruleSet(seed);
      compareSet(bench, set, questionsOf(set, lookups), sum);
      progress(sum);
      // A signal is heard only here.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    bench.kernel.close();
  }
  return sum;
}

/** What comes of a set. */
interface Outcome {
  readonly refused: number;
  /** Lines that one side refuses. */
  readonly differ: readonly Refusal[];
  /** Of each question: '' or what differs. Only when no refusal does. */
  readonly answers: readonly string[];
}

/** Both routers. */
class Bench {
  readonly kernel = new KernelRouter();
  readonly windrose = new WindroseRouter();

  try(set: RuleSet, questions: readonly Question[], sum: Compared): Outcome {
    const kernel = this.#fill(set);
    let loaded = this.windrose.load(set, false);
    let differ = differing(set, kernel, loaded.refused);
    if (differ.length > 0) {
      loaded = this.windrose.load(set, true);
      differ = differing(set, kernel, loaded.refused);
    }
    const asked = differ.length === 0 ? questions : [];
    const answered = this.kernel.ask(asked);
    for (const name of set.withoutCarrier) this.kernel.setCarrier(name, true);
    this.kernel.reset(set.rules.length + set.netlinkRules.length);
    if (asked.length === 0) return { refused: kernel.rules.size + kernel.routes.size, differ, answers: [] };
    const taken = without(set, (kind, i) => kernel[kind].has(i));
    const answers = this.#compare(taken, loaded.config, asked, answered, sum);
    return { refused: kernel.rules.size + kernel.routes.size, differ, answers };
  }

  /**
   * Puts the set into the namespace. A file has no order, the kernel goes by one: what needs no gateway comes first, then the
   * gateways of main, as long as no rule can hide it, then rules, and the other gateways at last.
   */
  #fill(set: RuleSet): Refusals {
    for (const name of set.withoutCarrier) this.kernel.setCarrier(name, false);
    const rules = new Map<number, string>();
    const routes = new Map<number, string>();
    const indices = set.routes.map((_, i) => i);
    const direct = indices.filter((i) => !set.routes[i]!.includes('via'));
    const ofMain = indices.filter((i) => set.routes[i]!.includes('via') && isOfMain(set.routes[i]!));
    const others = indices.filter((i) => set.routes[i]!.includes('via') && !isOfMain(set.routes[i]!));
    const route = (i: number): Line => ({ text: `route add ${set.routes[i]}`, refused: (said) => routes.set(i, said) });
    const chosen = set.rules.map((line, i): Line => ({ text: `rule add ${line}`, refused: (said) => rules.set(i, said) }));
    const remove = (kept: DefaultRules): Line[] =>
      this.kernel.withoutDefaultRules(kept).map((text) => ({ text, refused: () => {} }));
    const all = { local: true, main: true, default: true };
    const before = [
      ...direct.map(route),
      ...remove({ ...set.defaultRules, main: true }),
      ...ofMain.map(route),
      ...remove({ ...all, main: set.defaultRules.main }),
    ];
    const add = (lines: readonly Line[]): void => {
      for (const [i, said] of this.kernel.add(lines.map(({ text }) => text))) lines[i]!.refused(said);
    };
    if (set.netlinkRules.length === 0) add([...before, ...chosen, ...others.map(route)]);
    else {
      add([...before, ...chosen]);
      for (const [i, code] of this.kernel.addByNetlink(set.netlinkRules)) rules.set(set.rules.length + i, code);
      add(others.map(route));
    }
    return { rules, routes };
  }

  /** The difference of each question; '' where there is none. All lines of the set are taken. */
  #compare(
    set: RuleSet,
    config: Config,
    questions: readonly Question[],
    answered: readonly KernelDecision[],
    sum: Compared,
  ): string[] {
    const built = this.windrose.build(config, set.withoutCarrier);
    return questions.map((asked, i) => {
      const { answer, route } = answered[i]!;
      const ours = ask(built, asked);
      const verdict = judge(set, asked, answered[i]!, ours);
      sum.lookups++;
      add(sum.answers, answer.error || answer.type);
      if (verdict === '') return '';
      if (verdict !== 'fault') {
        add(sum.listed, verdict);
        return '';
      }
      return [
        `  ip route get ${routeGetLine(asked)}`,
        `  kernel   ${written(answer)}; its route ${JSON.stringify(route)}`,
        `  windrose ${written(ours)}; its route ${JSON.stringify(ours.route)}`,
      ].join('\n');
    });
  }
}

interface Line {
  readonly text: string;
  readonly refused: (said: string) => void;
}

interface Refusal {
  readonly kind: 'rules' | 'routes';
  readonly index: number;
  readonly line: string;
  readonly kernel: string;
  readonly windrose: string;
}

function compareSet(bench: Bench, whole: RuleSet, questions: readonly Question[], sum: Compared): void {
  let set = whole;
  sum.lines += set.rules.length + set.netlinkRules.length + set.routes.length;
  let outcome = bench.try(set, questions, sum);
  // What one side refuses for a listed reason is left out, and all is tried again: later lines may depend on it.
  for (let known = explained(set, outcome.differ, sum); known.length > 0; known = explained(set, outcome.differ, sum)) {
    const gone = known;
    set = without(set, (kind, i) => gone.some((one) => one.kind === kind && one.index === i));
    outcome = bench.try(set, questions, sum);
  }
  sum.refused += outcome.refused;
  const scrap = emptyComparison();
  if (outcome.differ.length > 0) {
    const { line } = outcome.differ[0]!;
    const refusal = (part: RuleSet): Refusal | undefined => bench.try(part, [], scrap).differ.find((one) => one.line === line);
    const least = shrink(set, (part) => refusal(part) !== undefined);
    const { kernel, windrose } = refusal(least)!;
    const both = `  kernel   ${kernel || 'takes it'}\n  windrose ${windrose || 'takes it'}`;
    sum.faults.push(`seed ${set.seed}: refused by one side only: ${line}\n${both}\n${textOf(least)}`);
    return;
  }
  const at = outcome.answers.findIndex((one) => one !== '');
  if (at < 0) return;
  const difference = (part: RuleSet): string => bench.try(part, [questions[at]!], scrap).answers[0] ?? '';
  const least = shrink(set, (part) => difference(part) !== '');
  const count = outcome.answers.filter((one) => one !== '').length;
  sum.faults.push(`seed ${set.seed}: ${count} answers differ\n${difference(least)}\n${textOf(least)}`);
}

function differing(set: RuleSet, kernel: Refusals, windrose: Refusals): Refusal[] {
  const differ: Refusal[] = [];
  for (const kind of ['rules', 'routes'] as const)
    linesOf(set)[kind].forEach((line, i) => {
      const [theirs, ours] = [kernel[kind].get(i) ?? '', windrose[kind].get(i) ?? ''];
      if ((theirs === '') !== (ours === '')) differ.push({ kind, index: i, line, kernel: theirs, windrose: ours });
    });
  return differ;
}

function explained(set: RuleSet, differ: readonly Refusal[], sum: Compared): Refusal[] {
  return differ.filter(({ kind, line, kernel, windrose }) => {
    const reason = refusalListed(`${kind === 'rules' ? 'rule' : 'route'} ${line}`, kernel, windrose, set);
    if (reason !== undefined) add(sum.listed, reason);
    return reason !== undefined;
  });
}

function linesOf(set: RuleSet): { readonly rules: readonly string[]; readonly routes: readonly string[] } {
  return { rules: [...set.rules, ...set.netlinkRules], routes: set.routes };
}

/** Leaves out lines, many at a time and then one by one, as long as what is left still differs. */
function shrink(set: RuleSet, differs: (part: RuleSet) => boolean): RuleSet {
  let least = set;
  const count = (): number => least.rules.length + least.netlinkRules.length + least.routes.length;
  for (let size = Math.ceil(count() / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < count(); ) {
      const rules = least.rules.length + least.netlinkRules.length;
      const part = without(least, (kind, i) => {
        const place = kind === 'rules' ? i : rules + i;
        return place >= from && place < from + size;
      });
      if (differs(part)) least = part;
      else from += size;
    }
  }
  const plain = { ...least, defaultRules: { local: true, main: true, default: true }, withoutCarrier: [] };
  return differs(plain) ? plain : least;
}

function textOf(set: RuleSet): string {
  const gone = Object.entries(set.defaultRules).filter(([, kept]) => !kept);
  return [
    ...gone.map(([name]) => `    without the rule of ${name}`),
    ...set.withoutCarrier.map((name) => `    ${name} has no carrier`),
    ...set.rules.map((line) => `    ip rule add ${line}`),
    ...set.netlinkRules.map((line) => `    rule by netlink ${line}`),
    ...set.routes.map((line) => `    ip route add ${line}`),
  ].join('\n');
}

function written({ error, type, via, dev, table, src }: KernelAnswer): string {
  return error || `${type} via "${via}" dev ${dev} table "${table}" src "${src}"`;
}

function add<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
