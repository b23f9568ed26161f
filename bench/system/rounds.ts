/** Starting the contestants and letting them take turns: what every bench on real traffic does alike. */
import { progress, type Series } from '../harness.js';
import { untilQuiet } from './quiet.js';
import type { Workload } from './workloads.js';
import type { Running, Setup, Yardstick } from './yardstick.js';

export interface Contestant<R = Running> {
  yardstick: Yardstick<R>;
  running: R;
}

/** How often, for how long, and which workloads a yardstick takes part in. */
export interface Plan<R = Running> {
  rounds: number;
  seconds: number;
  workloads: readonly Workload<R>[];
  takesPart(yardstick: string, workload: string): boolean;
  /** Whether to measure at once, however busy the machine is: for trying out the bench itself. */
  hurry: boolean;
}

/** Starts them side by side. One that cannot run here is left out, with a line that says why. */
export async function startAll<R>(yardsticks: readonly Yardstick<R>[], setup: Setup): Promise<Contestant<R>[]> {
  const contestants: Contestant<R>[] = [];
  for (const yardstick of yardsticks) {
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
  if (contestants.length === 0) throw new Error('nothing to measure');
  return contestants;
}

/**
 * Measures every workload once per round, the contestants in turn, a different one first in each round. A measurement that fails is said
 * and tried once more; when it fails again the contestant is out of that workload, and the others go on.
 */
export async function measureRounds<R>(plan: Plan<R>, setup: Setup, contestants: readonly Contestant<R>[]): Promise<Series[]> {
  const series: (Series & { workload: string })[] = [];
  const seriesOf = (name: string, subject: string) => series.filter((s) => s.workload === name && s.subject === subject);
  for (const { name, unit, more = [] } of plan.workloads)
    for (const { yardstick } of contestants)
      if (plan.takesPart(yardstick.name, name))
        for (const part of [{ name, unit }, ...more])
          series.push({ workload: name, case: part.name, subject: yardstick.name, unit: part.unit, values: [] });
  const out = new Set<string>();
  let done = 0;
  let disturbed = 0;
  for (let round = 0; round < plan.rounds; round++) {
    for (const workload of plan.workloads) {
      for (let turn = 0; turn < contestants.length; turn++) {
        const { yardstick, running } = contestants[(turn + round) % contestants.length];
        const mine = seriesOf(workload.name, yardstick.name);
        const place = `${workload.name} ${yardstick.name}`;
        if (mine.length === 0 || out.has(place)) continue;
        if (!(plan.hurry || (await untilQuiet()))) disturbed++;
        const values = await measureTwice(place, () => workload.measure(running, setup, plan.seconds));
        if (values === undefined) out.add(place);
        mine.forEach((s, i) => {
          if (values !== undefined) s.values.push(values[i]);
        });
        done++;
        progress(
          `round ${round + 1}/${plan.rounds}  ${place}  ${values?.map((v) => v.toFixed(2)).join(' ') ?? 'failed'} ${workload.unit}`,
        );
      }
    }
  }
  progress('');
  if (disturbed > 0) process.stderr.write(`${disturbed} of ${done} measurements began while something else kept the CPUs busy\n`);
  return series.filter((s) => s.values.length > 0).map(({ workload: _, ...rest }) => rest);
}

async function measureTwice(place: string, measure: () => Promise<number[]>): Promise<number[] | undefined> {
  for (const attempt of ['', ' again']) {
    try {
      return await measure();
    } catch (error) {
      process.stderr.write(`\n${place} failed${attempt}: ${(error as Error).message}\n`);
    }
  }
  return undefined;
}
