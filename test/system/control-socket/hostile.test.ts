import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { getJson } from '../../../src/cli/controlClient.js';
import type { IfaceRow } from '../../../src/types/show.js';
import { Dice } from '../../support/mutate.js';
import { type Bed, SERVER } from '../support/bed.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { eventually, scenario } from '../support/scenario.js';
import { answers, files, SHOWN_OUT_MS } from './busy.js';
import { type Attack, attack, attacks } from './hostile.js';

const seed = Number(process.env.WINDROSE_FUZZ_SEED ?? Date.now() & 0xffff_ffff);
/** Each round has every attack so many times, all at once. */
const ROUNDS = 3;
const TIMES = 4;
const CROWD = 1000;
/** A leak grows by as much in every round, a heap between two collections in one or two: the round that grew least is judged. */
const MEMORY_SLACK_MIB = 5;
const LOAD_SECONDS = 6;

const residentMib = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

async function queueDrops(bed: Bed): Promise<number> {
  const rows = (await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[];
  return rows.reduce((sum, row) => sum + row.rxDropped + row.txDropped, 0);
}

/** Counts what was answered, by attack; an error of the gateway's own is a fault. */
async function attackAll(bed: Bed, list: readonly Attack[]): Promise<void> {
  await Promise.all(
    list.map(async (one) => {
      const status = await attack(bed.socket, one);
      assert.ok(status < 500, `${one.name} was answered with ${status} (seed ${seed}): ${one.octets.toString('base64', 0, 600)}`);
    }),
  );
}

scenario(
  'hostile clients of the control socket do not disturb forwarding',
  { folder: 'control-socket', on: ['packet'] },
  async (bed) => {
    const { pid } = bed.process.child;
    const dice = new Dice(seed);
    await iperfServer(bed, 'server');
    bed.on('client', `ping -c 2 -i 0.2 -w 5 ${SERVER}`);
    const [drops, queues] = [await bed.read.drops(), await queueDrops(bed)];
    const ping = bed.sandbox.start(bed.netns('client'), `ping -q -c ${LOAD_SECONDS * 50} -i 0.02 ${SERVER}`);
    let pinged = '';
    ping.stdout!.on('data', (part) => {
      pinged += part;
    });
    const pingEnd = new Promise((resolve) => ping.on('close', resolve));
    const stream = iperf(bed, 'client', `-c ${SERVER} -u -l 1000 -b 10M -w 2M -t ${LOAD_SECONDS}`);
    const round = async (): Promise<number> => {
      await attackAll(bed, Array.from({ length: TIMES }, () => attacks(dice)).flat());
      const crowd = {
        name: 'crowd',
        octets: Buffer.from('GET /v1/show/drops HTTP/1.1\r\nhost: x\r\n\r\n'),
        after: 'close',
      } as const;
      await attackAll(bed, new Array<Attack>(CROWD).fill(crowd));
      await answers(bed, 2000);
      return residentMib(pid!);
    };
    // The first round makes the code hot and the heap as large as it needs to be.
    await round();
    const filesBefore = files(pid!);
    const sizes = [residentMib(pid!)];
    const smallestGrowth = () => Math.min(...sizes.slice(1).map((size, i) => size - sizes[i]!));
    // A heap may grow for some rounds before it is cleaned; what leaks grows in each.
    for (let i = 0; i < ROUNDS || (i < 3 * ROUNDS && smallestGrowth() >= MEMORY_SLACK_MIB); i++) sizes.push(await round());
    await pingEnd;
    const { end } = await stream;
    assert.match(pinged, / 0% packet loss/, `seed ${seed}`);
    assert.deepEqual([await bed.read.drops(), await queueDrops(bed)], [drops, queues], `seed ${seed}`);
    assert.ok(end.sum!.lost_packets <= end.sum!.packets / 1000, `${end.sum!.lost_packets} datagrams lost (seed ${seed})`);
    assert.ok(smallestGrowth() < MEMORY_SLACK_MIB, `resident MiB by round: ${sizes} (seed ${seed})`);
    await eventually(
      () => files(pid!),
      (count) => count <= filesBefore,
      SHOWN_OUT_MS,
    );
  },
);
