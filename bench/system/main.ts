/**
 * The system bench: the gateway and its yardsticks stand side by side, each between its own client and server namespace, and take
 * turns; only one of them carries traffic at a time. `node out/bench/system/main.js --help` lists the options.
 */
import { machine, optionsOrEnd, type Report, ratioOf, type Series, textTable, writeReport } from '../harness.js';
import { helpText, type Options, parseOptions, takesPart, wantedWorkloads, wantedYardsticks } from './options.js';
import { inOwnWorld } from './ownWorld.js';
import { measureRounds, startAll } from './rounds.js';
import { ratioTargets } from './targets.js';

function report(options: Options, series: Series[]): Report {
  const ratios = ratioTargets.flatMap((t) => {
    const ratio = ratioOf(series, t.case, t.subject, t.against);
    return ratio === undefined ? [] : [{ ...t, ratio }];
  });
  const { clientCpus, serverCpus, forwarderCpus } = options.placement;
  const settings = { rounds: options.rounds, seconds: options.seconds, clientCpus, serverCpus, forwarderCpus };
  return { bench: 'system', date: new Date().toISOString(), machine: machine(), settings, series, ratios };
}

async function main(): Promise<number> {
  const options = optionsOrEnd(parseOptions(process.argv.slice(2)), helpText);
  return inOwnWorld(options.placement, async (setup) => {
    const contestants = await startAll(wantedYardsticks(options), setup);
    const plan = { ...options, workloads: wantedWorkloads(options), takesPart };
    const result = report(options, await measureRounds(plan, setup, contestants));
    process.stdout.write(`${textTable(result)}\n`);
    if (options.write) process.stdout.write(`${writeReport(result, options.merge).join('\n')}\n`);
  });
}

process.exitCode = await main();
