/** The packet I/O bench: which system interface moves frames best. `node out/bench/io/main.js --help` lists the options. */
import { machine, optionsOrEnd, type Ratio, type Report, ratioOf, textTable, writeReport } from '../harness.js';
import { inOwnWorld } from '../system/ownWorld.js';
import { measureRounds, startAll } from '../system/rounds.js';
import { methods } from './methods.js';
import { cases, helpText, parseOptions } from './options.js';
import { workloads } from './workloads.js';

/** Generator, sink and iperf3 on CPU 0, the loop on CPU 1, as in the system bench. */
const PLACEMENT = { clientCpus: '0', serverCpus: '0', forwarderCpus: '1' };
const PRESENT = 'mmsg';

async function main(): Promise<number> {
  const options = optionsOrEnd(parseOptions(process.argv.slice(2)), helpText);
  return inOwnWorld(PLACEMENT, async (setup) => {
    const wanted = methods.filter((m) => options.only.length === 0 || options.only.includes(m.name));
    const contestants = await startAll(wanted, setup);
    const series = await measureRounds({ ...options, workloads, takesPart: () => true }, setup, contestants);
    const ratios = cases.flatMap((name) =>
      wanted.flatMap((m): Ratio[] => {
        const ratio = m.name === PRESENT ? undefined : ratioOf(series, name, m.name, PRESENT);
        return ratio === undefined ? [] : [{ case: name, subject: m.name, against: PRESENT, ratio }];
      }),
    );
    const settings = { rounds: options.rounds, seconds: options.seconds, ...PLACEMENT };
    const report: Report = { bench: 'io', date: new Date().toISOString(), machine: machine(), settings, series, ratios };
    process.stdout.write(`${textTable(report)}\n`);
    if (options.write) process.stdout.write(`${writeReport(report).join('\n')}\n`);
  });
}

process.exitCode = await main();
