/**
 * The latency bench (D40): how long a request takes through each forwarder, and what that costs. The contestants are those of the
 * system bench and take turns as there. `node out/bench/latency/main.js --help` lists the options.
 */
import { parseArgs } from 'node:util';
import { machine, median, optionsOrEnd, type Ratio, type Report, ratioOf, textTable, writeReport } from '../harness.js';
import { ioloop, ioloopPacket } from '../system/ioloop.js';
import { nftables } from '../system/nftables.js';
import { inOwnWorld } from '../system/ownWorld.js';
import { measureRounds, startAll } from '../system/rounds.js';
import { windrose, windrosePacket } from '../system/windrose.js';
import { workloads } from './workloads.js';

const yardsticks = [windrose, ioloop, nftables(false), nftables(true), windrosePacket, ioloopPacket];
/** Client and server on one CPU, the forwarder on the other, as in the system bench. */
const DEFAULT_PIN = '0/0/1';
const subjects = ['windrose', 'windrose-packet'];
const references = ['nftables', 'nftables-steered', 'ioloop', 'ioloop-packet'];

const helpText = `usage: npm run bench -- latency [options]

Round trips, connections, and CPU time at rest and per Gbit through the gateway, the I/O limit and the kernel. Needs root.

  --rounds N           rounds, each measures every case once (default 5)
  --seconds S          seconds per measurement (default 3)
  --only CASES         of: ${workloads.map((w) => w.name.replace(' ', '-')).join(' ')}
  --yardsticks NAMES   of: ${yardsticks.map((y) => y.name).join(' ')}
  --pin C/S/F          CPUs of client / server / forwarder, default ${DEFAULT_PIN}; // = no pinning
  --hurry              measure at once, however busy the machine is
  --no-write           leave bench/results alone
  --help
`;

interface Options {
  rounds: number;
  seconds: number;
  only: string[];
  yardsticks: string[];
  pin: string[];
  hurry: boolean;
  write: boolean;
}

/** The options, 'help', or a sentence that says what is wrong. */
function parseOptions(args: string[]): Options | string {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { rounds: text, seconds: text, only: text, yardsticks: text, pin: text };
  let given: ReturnType<typeof parseArgs>['values'];
  try {
    given = parseArgs({ args, options: { ...options, hurry: flag, 'no-write': flag, help: flag } }).values;
  } catch (error) {
    return (error as Error).message;
  }
  if (given.help) return 'help';
  const list = (value: unknown) => (typeof value === 'string' ? value.split(',').filter((v) => v !== '') : []);
  const [rounds, seconds] = [Number(given.rounds ?? 5), Number(given.seconds ?? 3)];
  const pin = String(given.pin ?? DEFAULT_PIN).split('/');
  const only = list(given.only).map((name) => name.replace('-', ' '));
  const names = list(given.yardsticks);
  if (![rounds, seconds].every((n) => Number.isInteger(n) && n >= 1)) return '--rounds and --seconds take whole numbers from 1';
  if (pin.length !== 3) return '--pin takes CLIENT/SERVER/FORWARDER, e.g. 0/0/1';
  const unknown = [
    ...only.filter((n) => !workloads.some((w) => w.name === n)),
    ...names.filter((n) => !yardsticks.some((y) => y.name === n)),
  ];
  if (unknown.length > 0) return `unknown: ${unknown.join(', ')}`;
  return { rounds, seconds, only, yardsticks: names, pin, hurry: given.hurry === true, write: given['no-write'] !== true };
}

async function main(): Promise<number> {
  const options = optionsOrEnd(parseOptions(process.argv.slice(2)), helpText);
  const [clientCpus, serverCpus, forwarderCpus] = options.pin as [string, string, string];
  const placement = { clientCpus, serverCpus, forwarderCpus };
  return inOwnWorld(placement, async (setup) => {
    const wanted = yardsticks.filter(({ name }) => options.yardsticks.length === 0 || options.yardsticks.includes(name));
    const contestants = await startAll(wanted, setup);
    const plan = workloads.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
    // What the kernel takes for forwarding is nobody's process.
    const takesPart = (yardstick: string, workload: string) =>
      !(yardstick.startsWith('nftables') && ['idle', 'tcp1 cpu'].includes(workload));
    const measured = await measureRounds({ ...options, workloads: plan, takesPart }, setup, contestants);
    const series = measured.filter(({ values }) => Number.isFinite(median(values)));
    const ratios = [...new Set(series.map((s) => s.case))].flatMap((name) =>
      subjects.flatMap((subject) =>
        references.flatMap((against): Ratio[] => {
          const ratio = ratioOf(series, name, subject, against);
          return ratio === undefined ? [] : [{ case: name, subject, against, ratio }];
        }),
      ),
    );
    const settings = { rounds: options.rounds, seconds: options.seconds, ...placement };
    const report: Report = { bench: 'latency', date: new Date().toISOString(), machine: machine(), settings, series, ratios };
    process.stdout.write(`${textTable(report)}\n`);
    if (options.write) process.stdout.write(`${writeReport(report).join('\n')}\n`);
  });
}

process.exitCode = await main();
