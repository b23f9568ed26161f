/**
 * The east-west bench: TCP between guests on two hosts over VXLAN, in one network and routed between two; the gateway, Open vSwitch and the
 * kernel in turns. `node out/bench/east-west/main.js --help` lists the options.
 */
import { machine, median, optionsOrEnd, type Ratio, type Report, ratioOf, textTable, writeReport } from '../harness.js';
import { inOwnWorld } from '../system/ownWorld.js';
import { measureRounds, startAll } from '../system/rounds.js';
import { list, parseTurns, type TurnsOptions } from '../system/turnsOptions.js';
import { kernel } from './kernel.js';
import { ovs } from './ovs.js';
import { tcp } from './running.js';
import { windrose } from './windrose.js';

/** All of host 1 on one CPU, all of host 2 on the other. */
const DEFAULT_PIN = '0/1';
const MTUS = [1500, 9000];
const SUBJECTS = ['windrose', 'ovs', 'kernel'];
/** Least ratio to Open vSwitch. */
const OF_OVS = 1;

const helpText = `usage: npm run bench -- east-west [options]

TCP between guests on two hosts over VXLAN: the gateway, Open vSwitch's userspace datapath and the kernel. Needs root.

  --rounds N       rounds, each measures every case once (default 5)
  --seconds S      seconds per measurement (default 2)
  --only CASES     of: ${cases().join(' ')}
  --subjects NAMES of: ${SUBJECTS.join(' ')}
  --mtu OCTETS     of the underlay, default ${MTUS.join(',')}; guests have 50 less
  --pin ONE/TWO    CPUs of each host with its guests, default ${DEFAULT_PIN}; / = no pinning
  --against DIR    a second gateway, built in another checkout, in turns with this one
  --merge          keep what bench/results/east-west.json has of other cases
  --hurry          measure at once, however busy the machine is
  --no-write       leave bench/results alone
  --help
`;

function cases(): string[] {
  return ['bridged', 'routed'].flatMap((way) => [1, 4].map((flows) => `${way}-tcp${flows}`));
}

interface Options extends Omit<TurnsOptions, 'mtu'> {
  mtus: number[];
}

/** The options, 'help', or a sentence that says what is wrong. */
function parseOptions(args: string[]): Options | string {
  const given = parseTurns(args, { cases: cases(), subjects: SUBJECTS, pin: DEFAULT_PIN, pinForm: 'ONE/TWO', mtu: true });
  if (typeof given === 'string') return given;
  const { mtu, ...options } = given;
  const mtus = mtu === undefined ? MTUS : list(mtu).map(Number);
  if (!mtus.every((n) => Number.isInteger(n) && n >= 650 && n <= 65_535)) return '--mtu takes octets from 650 to 65535';
  return { ...options, mtus };
}

/** Cases of one MTU. The first one's have no suffix. */
function workloadsOf(mtu: number, only: readonly string[]) {
  const suffix = mtu === MTUS[0] ? '' : ` mtu ${mtu}`;
  return (['bridged', 'routed'] as const).flatMap((way) =>
    [1, 4].filter((flows) => only.length === 0 || only.includes(`${way}-tcp${flows}`)).map((flows) => tcp(way, flows, suffix)),
  );
}

async function main(): Promise<number> {
  const options = optionsOrEnd(parseOptions(process.argv.slice(2)), helpText);
  const [clientCpus, serverCpus] = options.pin as [string, string];
  return inOwnWorld({ clientCpus, serverCpus, forwarderCpus: '' }, async (setup) => {
    const series = [];
    for (const mtu of options.mtus) {
      const all = [windrose(mtu), ovs(mtu), kernel(mtu)];
      if (options.against !== undefined) all.push(windrose(mtu, 'before', options.against));
      const wanted = all.filter((y) => options.subjects.length === 0 || options.subjects.includes(y.name) || y.name === 'before');
      const contestants = await startAll(wanted, setup);
      const plan = { ...options, workloads: workloadsOf(mtu, options.only), takesPart: () => true };
      series.push(...(await measureRounds(plan, setup, contestants)));
    }
    const measured = series.filter(({ values }) => Number.isFinite(median(values)));
    const ratios = [...new Set(measured.map((s) => s.case))].flatMap((name) =>
      ['ovs', 'kernel', 'before'].flatMap((against): Ratio[] => {
        const ratio = ratioOf(measured, name, 'windrose', against);
        const target = against === 'ovs' && !name.includes('cpu') ? { target: OF_OVS } : {};
        return ratio === undefined ? [] : [{ case: name, subject: 'windrose', against, ratio, ...target }];
      }),
    );
    const settings = { rounds: options.rounds, seconds: options.seconds, hostOneCpus: clientCpus, hostTwoCpus: serverCpus };
    const report: Report = {
      bench: 'east-west',
      date: new Date().toISOString(),
      machine: machine(),
      settings,
      series: measured,
      ratios,
    };
    process.stdout.write(`${textTable(report)}\n`);
    if (options.write) process.stdout.write(`${writeReport(report, options.merge).join('\n')}\n`);
  });
}

process.exitCode = await main();
