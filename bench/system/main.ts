/**
 * The system bench: the gateway and its yardsticks stand side by side, each between its own client and server namespace, and take
 * turns; only one of them carries traffic at a time. `node out/bench/system/main.js --help` lists the options.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machine, median, progress, type Report, ratioOf, type Series, textTable, writeReport } from '../harness.js';
import { casesOf, helpText, type Options, parseOptions, wantedYardsticks } from './options.js';
import { cleanUp, cleanUpOnSignals, onCleanUp } from './processes.js';
import { untilQuiet } from './quiet.js';
import { ratioTargets } from './targets.js';
import { removeLeftovers } from './topology.js';
import { workloads } from './workloads.js';
import type { Running, Setup, Yardstick } from './yardstick.js';

interface Contestant {
  yardstick: Yardstick;
  running: Running;
}

async function startAll(options: Options, setup: Setup): Promise<Contestant[]> {
  const contestants: Contestant[] = [];
  for (const yardstick of wantedYardsticks(options)) {
    const missing = yardstick.missing();
    if (missing !== undefined) {
      process.stderr.write(`${yardstick.name} skipped: needs ${missing}\n`);
      continue;
    }
    progress(`starting ${yardstick.name}`);
    try {
      contestants.push({ yardstick, running: await yardstick.start(setup) });
    } catch (error) {
      process.stderr.write(`\n${yardstick.name} skipped: ${(error as Error).message}\n`);
    }
  }
  return contestants;
}

/** Measures every case once per round, the yardsticks in turn, a different one first in each round. */
async function measureRounds(options: Options, setup: Setup, contestants: readonly Contestant[]): Promise<Series[]> {
  const series: Series[] = [];
  const plan = workloads.filter((w) => options.only.length === 0 || options.only.includes(w.name));
  for (const workload of plan)
    for (const { yardstick } of contestants)
      if (casesOf(yardstick.name).includes(workload.name))
        series.push({ case: workload.name, subject: yardstick.name, unit: workload.unit, values: [] });
  const total = options.rounds * series.length;
  let done = 0;
  let disturbed = 0;
  for (let round = 0; round < options.rounds; round++) {
    for (const workload of plan) {
      for (let turn = 0; turn < contestants.length; turn++) {
        const { yardstick, running } = contestants[(turn + round) % contestants.length];
        const mine = series.find((s) => s.case === workload.name && s.subject === yardstick.name);
        if (mine === undefined) continue;
        if (!(await untilQuiet())) disturbed++;
        const value = await workload.measure(running, setup, options.seconds);
        mine.values.push(value);
        done++;
        progress(
          `round ${round + 1}/${options.rounds}  ${workload.name}  ${yardstick.name}  ${value.toFixed(2)} ${workload.unit}  (${done}/${total})`,
        );
      }
    }
  }
  progress('');
  if (disturbed > 0) process.stderr.write(`${disturbed} of ${done} measurements began while something else kept the CPUs busy\n`);
  return series;
}

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
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    process.stdout.write(helpText);
    return 0;
  }
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n\n${helpText}`);
    return 2;
  }
  if (process.getuid?.() !== 0) {
    process.stderr.write('The system bench makes network namespaces: run it as root.\n');
    return 1;
  }
  cleanUpOnSignals();
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), 'wrb-'));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const setup: Setup = { folder, placement: options.placement };
    const contestants = await startAll(options, setup);
    if (contestants.length === 0) throw new Error('nothing to measure');
    const series = await measureRounds(options, setup, contestants);
    const result = report(
      options,
      series.filter((s) => Number.isFinite(median(s.values))),
    );
    process.stdout.write(`${textTable(result)}\n`);
    if (options.write) process.stdout.write(`${writeReport(result).join('\n')}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`\n${(error as Error).message}\n`);
    return 1;
  } finally {
    cleanUp();
  }
}

process.exitCode = await main();
