import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getJson } from '../../src/cli/controlClient.js';
import type { FloatingIpRow, RifRow } from '../../src/types/showObjects.js';
import { EtcdProcess } from '../store/etcdProcess.js';
import { Dice } from '../support/mutate.js';
import { scenarioFile } from '../system/support/bed.js';
import { guestsIn } from '../system/support/guests.js';
import { INTERNET, NorthSouth } from '../system/support/northSouth.js';
import { pause } from '../system/support/scenario.js';
import { SteadyPing } from '../system/support/steadyPing.js';
import { churnedObjects } from './northSouthObjects.js';

/**
 * Routers, gateways, zones and floating IPs of a cloud come and go at random, through three gateways and a real etcd, while its
 * guests talk to the outside. At the end everything is as at the start: rows, numbers, the way of every guest; and memory has not
 * grown since the first third.
 */
export interface NorthSouthOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly workers: number;
  readonly print: (text: string) => void;
}

const MIB = 1 << 20;
/** Routers stay for 30 s where they were needed (dvr.md 5.2), and slots rest for some more before they are others'. */
const QUIET_MS = 45_000;
const ROUND_MS = 400;
/** What is read of a host's memory is the least of so many looks, during which its heap is cleaned once. */
const LOOKS = 22;
const HEAP_MIB = 12;
const RESIDENT_MIB = 48;
const reporter = fileURLToPath(new URL('./heapReporter.js', import.meta.url));

interface Memory {
  readonly heapMib: number;
  readonly residentMib: number;
}

/** Returns the faults. */
export async function northSouth({ seconds, seed, workers, print }: NorthSouthOptions): Promise<string[]> {
  print(`seed ${seed}`);
  const dice = new Dice(seed);
  const base = scenarioFile('twins', 'objects.yaml').replace('cidr: 192.168.1.0/24', 'cidr: 192.168.0.0/16');
  const world = new NorthSouth(guestsIn(base), workers);
  const { cloud } = world;
  const faults: string[] = [];
  const pings: SteadyPing[] = [];
  let etcd: EtcdProcess | undefined;
  try {
    etcd = await EtcdProcess.start();
    cloud.sharedStore = `{ etcd: { endpoints: ["${etcd.endpoint}"] } }`;
    cloud.nodeOptions = ['--expose-gc', '--import', reporter];
    process.env.WINDROSE_SOAK_HEAP = join(cloud.folder, 'heap.%p');
    const both = base.replace(/(name: h1, .*?) \}/, '$1, mode: dvr_snat }');
    await world.start(both);
    for (const guest of ['r1', 'r2', 'r3', 'g2', 'g3'])
      pings.push(new SteadyPing(cloud.sandbox, cloud.netns(guest), INTERNET, 100));
    const rows = async <T>(noun: string): Promise<T[][]> =>
      Promise.all(cloud.hosts.map((host) => getJson(cloud.socket(host), `/v1/show/${noun}`) as Promise<T[]>));
    const state = async (): Promise<string> => {
      const rifs = (await rows<RifRow>('rifs')).map((all) =>
        all.flatMap(({ name, address }) => (/^(fg|rfp|fpr)-/.test(name) ? [`${name} ${address}`] : [])).sort(),
      );
      const floating = (await rows<FloatingIpRow>('floating-ips')).map((all) =>
        all.map(({ address, host, status }) => [address, host, status].join(' ')),
      );
      return JSON.stringify([rifs, floating.map((all) => all.filter((one) => !one.includes('.111') && !one.includes('.112')))]);
    };
    const memory = async (): Promise<Memory[]> => {
      let least: Memory[] = [];
      for (let look = 0; look < LOOKS; look++) {
        least = cloud.hosts.map((host, i) => {
          const { heapMib, residentMib } = memoryOf(cloud.folder, cloud.process(host).child.pid!);
          const before = least[i] ?? { heapMib: Infinity, residentMib: Infinity };
          return { heapMib: Math.min(before.heapMib, heapMib), residentMib: Math.min(before.residentMib, residentMib) };
        });
        await pause(500);
      }
      return least;
    };
    const apply = async (objects: string): Promise<void> => {
      const { code, stdout, stderr } = await cloud.apply(dice.pick(cloud.hosts), objects);
      if (code !== 0) faults.push(`apply: ${stdout.slice(0, 300)} ${stderr.slice(0, 600)}`);
    };
    await pause(5000);
    const began = await state();
    let early: Memory[] | undefined;
    const start = Date.now();
    let changes = 0;
    for (const end = start + seconds * 1000; Date.now() < end && faults.length === 0; changes++) {
      await apply(churnedObjects(both, dice));
      await pause(dice.below(ROUND_MS));
      if (early === undefined && Date.now() > start + (seconds * 1000) / 3) {
        early = await memory();
        print(`after ${changes} changes: ${told(early)}`);
      }
    }
    await apply(both);
    await pause(QUIET_MS);
    const late = await memory();
    print(`after ${changes} changes: ${told(late)}`);
    const ended = await state();
    // Which address of a link a router has follows from which came first.
    const shape = (text: string): string => text.replaceAll(/169\.254\.64\.\d+/g, '169.254.64.x');
    if (shape(ended) !== shape(began)) faults.push(`not as it was: ${ended}, before ${began}`);
    cloud.hosts.forEach((host, i) => {
      const [from, to] = [early?.[i], late[i]!];
      if (from === undefined) return;
      if (to.heapMib - from.heapMib > HEAP_MIB)
        faults.push(`${host}: the heap grew from ${from.heapMib.toFixed(1)} to ${to.heapMib.toFixed(1)} MiB`);
      if (to.residentMib - from.residentMib > RESIDENT_MIB)
        faults.push(`${host}: resident memory grew from ${from.residentMib.toFixed(0)} to ${to.residentMib.toFixed(0)} MiB`);
      const bad = cloud
        .process(host)
        .stdout.split('\n')
        .filter((line) => /"level":(50|60)/.test(line));
      if (bad.length > 0) faults.push(`${host} logged ${bad.length} errors: ${bad[0]!.slice(0, 300)}`);
    });
    for (const ping of pings) if (!ping.answeredSince(Date.now() - 1000)) faults.push('a guest is not answered at the end');
    for (const host of cloud.hosts) print(`${host}: ${JSON.stringify(await cloud.drops(host))}`);
    await world.stop();
    return faults;
  } finally {
    for (const ping of pings) await ping.stop().catch(() => {});
    etcd?.close();
    world.close();
  }
}

function memoryOf(folder: string, pid: number): Memory {
  const heap = join(folder, `heap.${pid}`);
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return { heapMib: existsSync(heap) ? Number(readFileSync(heap, 'utf8')) / MIB : Infinity, residentMib: (pages * 4096) / MIB };
}

function told(all: readonly Memory[]): string {
  return all.map(({ heapMib, residentMib }) => `heap ${heapMib.toFixed(1)}, resident ${residentMib.toFixed(0)} MiB`).join('; ');
}
