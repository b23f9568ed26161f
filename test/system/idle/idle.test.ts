import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import { thisMachine } from '../../../src/control/machine.js';
import type { WorkerRow } from '../../../src/types/show.js';
import { type Bed, SERVER } from '../support/bed.js';
import { pause, scenario } from '../support/scenario.js';

/** A worker sleeps 100 ms at most. What chatters in a namespace, ARP of the kernel for instance, may wake it now and then. */
const MOST_IDLE_TURNS_PER_SECOND = 40;

const rowsOf = async (bed: Bed): Promise<WorkerRow[]> => (await getJson(bed.socket, '/v1/show/workers')) as WorkerRow[];
const sum = (rows: readonly WorkerRow[], of: (row: WorkerRow) => number): number => rows.reduce((all, row) => all + of(row), 0);

/** Sum over the workers of a counter of the metrics page. */
async function metric(bed: Bed, name: string): Promise<number> {
  const page = await (await fetch(String(bed.process.readyLine()?.metrics))).text();
  const values = [...page.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'gm'))].map(([, value]) => Number(value));
  assert.ok(values.length > 0, `no ${name}`);
  return values.reduce((all, value) => all + value, 0);
}

const polled = (bed: Bed) => metric(bed, 'windrose_worker_polled_seconds_total');
const met = (bed: Bed) => metric(bed, 'windrose_worker_polls_met_total');

scenario('D40 an idle worker sleeps, and polls only when that pays', { folder: 'idle', workers: [1, 2] }, async (bed) => {
  const mayPoll = thisMachine().quota === undefined && thisMachine().cpus.length > bed.workers;
  assert.equal(bed.process.readyLine()?.spin, mayPoll ? 'auto' : 0);
  assert.equal(bed.process.stdout.includes('idle workers sleep at once'), !mayPoll);

  const before = await rowsOf(bed);
  await pause(3000);
  const turns = sum(await rowsOf(bed), (row) => row.turns) - sum(before, (row) => row.turns);
  assert.ok(turns >= 3 * bed.workers, 'the tick comes round');
  assert.ok(turns < 3 * MOST_IDLE_TURNS_PER_SECOND * bed.workers, `${turns} turns in three idle seconds`);

  bed.on('client', `ping -q -c 1 -W 2 ${SERVER}`);
  const [polledBefore, metBefore] = [await polled(bed), await met(bed)];
  bed.on('client', `ping -q -i 0.02 -c 50 ${SERVER}`);
  assert.ok((await polled(bed)) - polledBefore < 0.05, 'requests each 20 ms are not worth polling for');
  assert.ok((await met(bed)) - metBefore <= 25);

  const metSparse = await met(bed);
  let flooded = 0;
  // On a machine that does much else answers may be late for a while.
  for (let tries = 0; tries < 10 && flooded === 0; tries++) {
    bed.on('client', `ping -q -f -c 2000 -W 1 ${SERVER}`, 20_000);
    flooded = (await met(bed)) - metSparse;
    if (!mayPoll) break;
  }
  if (mayPoll) assert.ok(flooded > 0, 'requests that come at once are polled for');
  else assert.deepEqual([flooded, sum(await rowsOf(bed), (row) => row.spinMicros)], [0, 0]);
});
