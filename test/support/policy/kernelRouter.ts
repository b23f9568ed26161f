import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NetSandbox } from '../netns.js';
import { type Question, routeGetLine } from './questions.js';
import { IFACES } from './topology.js';

/** What the kernel answers. */
export interface KernelAnswer {
  /** strerror(3) of what it refuses with; '' = it answers. */
  readonly error: string;
  readonly type: string;
  readonly via: string;
  readonly dev: string;
  /** '' = main. */
  readonly table: string;
  readonly src: string;
}

/** The route that the kernel's answer is of: `ip route get fibmatch`. */
export interface KernelRoute {
  readonly error: string;
  readonly type: string;
  readonly to: string;
  readonly table: string;
  readonly metric: number;
  readonly tos: number;
  /** "via A dev D", in their order. */
  readonly ways: readonly string[];
}

export interface KernelDecision {
  readonly answer: KernelAnswer;
  /** The same question once more. */
  readonly again: KernelAnswer;
  readonly route: KernelRoute;
}

interface Printed {
  readonly type?: string;
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly tos?: string;
  readonly nexthops?: readonly Printed[];
}

/** A line that is always refused, with its number: who reads the faults knows how far ip(8) has come. */
const MARKER = 'route del 255.255.255.254/32 table 4294967294';
const STATE = ['rule', 'route show table all'];
const DEFAULT_RULES = [
  ['local', 'rule add pref 0 lookup local protocol kernel'],
  ['main', 'rule add pref 32766 lookup main protocol kernel'],
  ['default', 'rule add pref 32767 lookup default protocol kernel'],
] as const;
/** Not one that a version manager stands before. */
const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
const NETLINK_RULES = fileURLToPath(new URL('../../../../test/support/policy/netlinkRules.py', import.meta.url));

/** Which of the three rules that exist from the start are there. */
export interface DefaultRules {
  readonly local: boolean;
  readonly main: boolean;
  readonly default: boolean;
}

/** A Linux router in a namespace of its own with the interfaces of topology.ts. */
export class KernelRouter {
  readonly #sandbox = new NetSandbox('wrp');
  readonly #netns: string;
  readonly #baseline: string;

  constructor() {
    const ns = this.#sandbox.namespace('router');
    this.#netns = ns;
    const setUp = IFACES.flatMap(({ name, addresses, group }, i) => [
      `link add ${name} type veth peer name far${i}`,
      ...addresses.map((address) => `addr add ${address} broadcast + dev ${name}`),
      `link set ${name} group ${group} up`,
      `link set far${i} up`,
    ]);
    this.#batch(setUp, true);
    const settings = ['ip_forward=1'];
    for (const dev of ['all', 'default', ...IFACES.map(({ name }) => name)])
      for (const setting of ['rp_filter=0', 'send_redirects=0', 'accept_local=0', 'ignore_routes_with_linkdown=1'])
        settings.push(`conf/${dev}/${setting}`);
    this.#sandbox.run(ns, ['sh', '-c', settings.map(written).join('; ')]);
    for (const { name } of IFACES) this.#sandbox.awaitOperational(ns, name);
    // From the first rule on the kernel keeps table local apart from main, and asks the rules one by one.
    this.#batch(['rule add pref 1 nop', 'rule del pref 1'], true);
    this.#baseline = this.#state();
  }

  /** Adds what is in `lines` in their order (`rule add ...`, `route add ...`). Returns the refused ones: index -> what is said. */
  add(lines: readonly string[]): Map<number, string> {
    const refused = new Map<number, string>();
    for (let from = 0; from < lines.length; ) {
      const { stderr } = this.#run([...lines.slice(from).flatMap((line) => [MARKER, line]), MARKER]);
      const faults = parseFaults(stderr);
      for (const [line, said] of faults) if (line % 2 === 1) refused.set(from + (line - 1) / 2, said);
      const reached = Math.max(...[...faults.keys()].filter((line) => line % 2 === 0)) / 2;
      if (from + reached === lines.length) break;
      // At words that it cannot read ip(8) ends: they are behind the last marker.
      refused.set(from + reached, stderr.trim().split('\n').at(-1)!);
      from += reached + 1;
    }
    return refused;
  }

  /** Rules that ip(8) cannot write: netlinkRules.py reads them. Returns the refused ones: index -> errno. */
  addByNetlink(rules: readonly string[]): Map<number, string> {
    if (rules.length === 0) return new Map();
    const answer = execFileSync('ip', ['netns', 'exec', this.#netns, PYTHON, '-I', '-S', NETLINK_RULES], {
      input: rules.join('\n'),
      encoding: 'utf8',
      timeout: 20_000,
    });
    const codes = answer.trim().split('\n');
    return new Map(codes.flatMap((code, i) => (code === '0' ? [] : [[i, code] as const])));
  }

  /** What takes the other rules that exist from the start away. */
  withoutDefaultRules(kept: DefaultRules): string[] {
    return DEFAULT_RULES.filter(([name]) => !kept[name]).map(([, line]) => line.replace('add', 'del'));
  }

  ask(questions: readonly Question[]): KernelDecision[] {
    if (questions.length === 0) return [];
    const lines = questions.map(routeGetLine);
    const plain = lines.map((line) => `route get ${line}`);
    const all = this.#get([...plain, ...plain, ...lines.map((line) => `route get fibmatch ${line}`)]);
    const count = questions.length;
    return questions.map((_, i) => ({
      answer: answerOf(all[i]!),
      again: answerOf(all[count + i]!),
      route: routeOf(all[2 * count + i]!),
    }));
  }

  /** Back to the interfaces' own routes and the three rules; there are `rules` others at most. */
  reset(rules: number): void {
    // `rule flush` passes over priority 0, and `route flush` over all but protocol boot: what was added.
    const first = Array.from({ length: rules + 1 }, () => 'rule del pref 0');
    const back = DEFAULT_RULES.map(([, line]) => line);
    const { stdout } = this.#run([...first, 'rule flush', ...back, 'route flush table all proto boot', ...STATE]);
    if (stdout !== this.#baseline) throw new Error(`the tables are not as they were:\n${stdout}\ninstead of\n${this.#baseline}`);
  }

  /** Takes the carrier of an interface away, or gives it back. */
  setCarrier(name: string, present: boolean): void {
    const i = IFACES.findIndex((iface) => iface.name === name);
    this.#batch([`link set far${i} ${present ? 'up' : 'down'}`], true);
    // The kernel's routes follow a little later than the flags of the link.
    const marked = (): boolean => this.#run([`route show dev ${name} proto kernel`]).stdout.includes('linkdown');
    for (let tries = 0; marked() === present; tries++) if (tries > 1000) throw new Error(`${name} does not follow its peer`);
  }

  show(command: string): string {
    return this.#sandbox.run(this.#netns, `ip ${command}`);
  }

  close(): void {
    this.#sandbox.close();
  }

  #state(): string {
    return this.#run(STATE).stdout;
  }

  #get(lines: readonly string[]): [string, Printed][] {
    const { stdout, stderr } = this.#run(lines, ['-j']);
    const faults = parseFaults(stderr);
    const printed = stdout.split('\n').filter((line) => line.startsWith('['));
    if (printed.length + faults.size !== lines.length)
      throw new Error(`${lines.length} questions, ${printed.length} answers, ${faults.size} refusals: ${stderr.slice(-200)}`);
    let next = 0;
    return lines.map((_, i) => (faults.has(i) ? [faults.get(i)!, {}] : ['', (JSON.parse(printed[next++]!) as Printed[])[0]!]));
  }

  #batch(lines: readonly string[], must: boolean): void {
    const { status, stderr } = this.#run(lines);
    if (must && status !== 0) throw new Error(`ip: ${stderr}`);
  }

  #run(lines: readonly string[], flags: readonly string[] = []): { status: number; stdout: string; stderr: string } {
    const args = ['-4', '-netns', this.#netns, ...flags, '-force', '-batch', '-'];
    const { status, stdout, stderr } = spawnSync('ip', args, {
      input: `${lines.join('\n')}\n`,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    return { status: status ?? -1, stdout, stderr };
  }
}

function answerOf([error, printed]: readonly [string, Printed]): KernelAnswer {
  return {
    error,
    type: error === '' ? (printed.type ?? 'unicast') : '',
    via: printed.gateway ?? '',
    dev: printed.dev ?? '',
    table: printed.table ?? '',
    src: printed.prefsrc ?? '',
  };
}

function routeOf([error, printed]: readonly [string, Printed]): KernelRoute {
  const ways = printed.nexthops ?? [printed];
  return {
    error,
    type: error === '' ? (printed.type ?? 'unicast') : '',
    to: printed.dst ?? '',
    table: printed.table ?? '',
    metric: printed.metric ?? 0,
    tos: Number(printed.tos ?? 0),
    ways: ways.map(({ gateway, dev }) => `${gateway === undefined ? '' : `via ${gateway} `}dev ${dev}`),
  };
}

function written(setting: string): string {
  const [path, value] = setting.split('=') as [string, string];
  return `echo ${value} > /proc/sys/net/ipv4/${path}`;
}

/** "RTNETLINK answers: No route to host\nCommand failed -:3" -> 2, "No route to host". Counted from 0. */
function parseFaults(stderr: string): Map<number, string> {
  const faults = new Map<number, string>();
  let said: string[] = [];
  for (const line of stderr.split('\n')) {
    const failed = /^Command failed -:(\d+)$/.exec(line);
    if (failed === null) {
      said.push(line.replace(/^(RTNETLINK answers|Error): (ipv4: )?/, '').replace(/\.$/, ''));
      continue;
    }
    faults.set(Number(failed[1]) - 1, said.join(' '));
    said = [];
  }
  return faults;
}
