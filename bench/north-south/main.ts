/**
 * The north-south bench: guests and an upstream on an external network, by remote SNAT over VXLAN and by floating addresses; the gateway and the
 * kernel in turns. `node out/bench/north-south/main.js --help` lists the options.
 */
import { loadavg } from 'node:os';
import { machine, median, optionsOrEnd, type Ratio, type Report, ratioOf, textTable, writeReport } from '../harness.js';
import { inOwnWorld } from '../system/ownWorld.js';
import { measureRounds, startAll } from '../system/rounds.js';
import { kernel } from './kernel.js';
import { cases, helpText, parseOptions } from './options.js';
import { windrose } from './windrose.js';

/** How busy the machine is with everything: mean number of those that run or want to, over a minute. */
const load = (): number => Math.round(loadavg()[0]! * 10) / 10;

async function main(): Promise<number> {
  const options = optionsOrEnd(parseOptions(process.argv.slice(2)), helpText);
  const [clientCpus, serverCpus] = options.pin as [string, string];
  return inOwnWorld({ clientCpus, serverCpus, forwarderCpus: '' }, async (setup) => {
    const loadBefore = load();
    const wanted = [windrose(), kernel()].filter(({ name }) => options.subjects.length === 0 || options.subjects.includes(name));
    if (options.against !== undefined) wanted.push(windrose('before', options.against));
    const contestants = await startAll(wanted, setup);
    const workloads = [...cases].flatMap(([name, workload]) =>
      options.only.length === 0 || options.only.includes(name) ? [workload] : [],
    );
    const series = await measureRounds({ ...options, workloads, takesPart: () => true }, setup, contestants);
    const measured = series.filter(({ values }) => Number.isFinite(median(values)));
    const ratios = [...new Set(measured.map((s) => s.case))].flatMap((name) =>
      ['kernel', 'before'].flatMap((against): Ratio[] => {
        const ratio = ratioOf(measured, name, 'windrose', against);
        return ratio === undefined ? [] : [{ case: name, subject: 'windrose', against, ratio }];
      }),
    );
    const { rounds, seconds } = options;
    const pins = { guestHostCpus: clientCpus, snatHostCpus: serverCpus };
    const report: Report = {
      bench: 'north-south',
      date: new Date().toISOString(),
      machine: machine(),
      settings: { rounds, seconds, ...pins, loadBefore, loadAfter: load() },
      series: measured,
      ratios,
    };
    process.stdout.write(`${textTable(report)}\n`);
    if (options.write) process.stdout.write(`${writeReport(report, options.merge).join('\n')}\n`);
  });
}

process.exitCode = await main();
