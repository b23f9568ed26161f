import { getJson, postFile } from '../../src/cli/controlClient.js';
import { formatIssue } from '../../src/config/issues.js';
import { readObjects } from '../../src/objects/load.js';
import { EtcdStore } from '../../src/store/etcd.js';
import { applyObjects, readStore } from '../../src/store/objectStore.js';
import type { ApplyReport } from '../../src/types/apply.js';
import type { LportRow } from '../../src/types/showObjects.js';
import type { Plan } from '../property/eastWestPlan.js';
import { EastWestTables } from '../property/eastWestTables.js';
import { EtcdProcess } from '../store/etcdProcess.js';
import { Dice } from '../support/mutate.js';
import { Cloud } from '../system/support/cloud.js';
import { pause } from '../system/support/scenario.js';
import { ChurnedGuests } from './churnedGuests.js';
import { differences, keptBy, type Listed, listed } from './churnedHosts.js';
import { ChurnedPlan, GUESTS } from './churnedPlan.js';
import { judgeFrames } from './judgedFrames.js';
import { storedPlan } from './storedPlan.js';

/**
 * Objects of a cloud change at random, through real gateways and a real etcd, while its guests talk; again and again, once it is quiet, every host's
 * tables have to be what a naive model makes of the store's content, and frames have to go where the model says.
 */
export interface ObjectChurnOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly workers: number;
  readonly print: (text: string) => void;
}

const HOSTS = ['h0', 'h1', 'h2'];
/** Between two looks at the tables. */
const STORM_MS = 2500;
const TICK_MS = 20;
/** From the last change until all hosts agree with the store: the machine may be busy. */
const SETTLED_MS = 5000;
/** A router stays for 30 s where it was needed (dvr.md 5.2). */
const KEPT_MS = 35_000;

/** Returns the faults. */
export async function objectChurn({ seconds, seed, workers, print }: ObjectChurnOptions): Promise<string[]> {
  print(`seed ${seed}`);
  const churned = new ObjectChurn(seed, workers);
  try {
    await churned.start();
    for (const end = Date.now() + seconds * 1000; Date.now() < end && churned.faults.length === 0; ) {
      await churned.storm();
      await churned.settle();
      await churned.judge();
      print(churned.progress());
    }
    await churned.stop();
    return [...churned.faults];
  } finally {
    churned.close();
  }
}

class ObjectChurn {
  readonly #dice: Dice;
  readonly #cloud: Cloud;
  readonly #guests: ChurnedGuests;
  readonly #plan: ChurnedPlan;
  readonly #began = Date.now();
  #etcd: EtcdProcess | undefined;
  #store!: EtcdStore;
  #stored!: Plan;
  /** "host router" -> when it was needed last. */
  readonly #needed = new Map<string, number>();
  readonly #told = {
    changes: 0,
    refused: 0,
    announced: 0,
    arrived: 0,
    looks: 0,
    judged: 0,
    heard: 0,
    slowest: 0,
    settled: 0,
    devices: 0,
  };
  readonly #faults: string[] = [];

  constructor(seed: number, workers: number) {
    this.#dice = new Dice(seed);
    const names = Array.from({ length: GUESTS }, (_, i) => `p${i}`);
    const guests = names.map((name) => ({ name, host: 'h0', mac: '', address: '', gateway: '' }));
    this.#cloud = new Cloud(HOSTS, guests, true, '', workers);
    const other = new Map(names.map((name) => [name, this.#cloud.sandbox.namespace(`${name}m`)]));
    this.#plan = new ChurnedPlan(this.#dice, (name) => ({ own: this.#cloud.netns(name), other: other.get(name)! }));
    this.#guests = new ChurnedGuests(
      this.#cloud.sandbox,
      new Map(names.map((name) => [name, this.#cloud.netns(name)])),
      other,
      this.#dice,
    );
  }

  get faults(): readonly string[] {
    return [...this.#faults, ...this.#guests.faults];
  }

  async start(): Promise<void> {
    this.#etcd = await EtcdProcess.start();
    this.#store = new EtcdStore(this.#etcd.access());
    const { objects, issues } = readObjects(this.#plan.file(), 'objects.json');
    if (objects === undefined) throw new Error(issues.map(formatIssue).join('\n'));
    await applyObjects(this.#store, () => objects);
    this.#cloud.sharedStore = `{ etcd: { endpoints: ["${this.#etcd.endpoint}"] } }`;
    await this.#cloud.start(
      this.#plan.file(),
      this.#cloud.vms.map(({ name }) => name),
    );
    await this.#read();
  }

  /** Changes, one after the other, while guests talk. */
  async storm(): Promise<void> {
    for (const end = Date.now() + STORM_MS; Date.now() < end; ) {
      await this.#change();
      this.#guests.refresh();
      for (let n = 4 + this.#dice.below(16); n > 0; n--) {
        this.#guests.talk(this.#stored);
        await pause(TICK_MS);
        this.#guests.listen(this.#stored);
      }
      if (this.#dice.below(3) === 0) this.#told.announced += this.#guests.announce(this.#stored);
      if (this.#dice.below(3) === 0) this.#told.arrived += this.#guests.arrive(this.#stored);
    }
  }

  async #change(): Promise<void> {
    const { file, undo } = this.#plan.step();
    const at = this.#cloud.socket(this.#dice.pick(HOSTS));
    const report = (await postFile(at, '/v1/apply?file=objects.json', Buffer.from(file))) as ApplyReport;
    if (report.ok) this.#told.changes++;
    else {
      undo();
      this.#told.refused++;
      if (this.#told.refused > this.#told.changes + 10)
        this.#faults.push(`most changes are refused, the last one: ${JSON.stringify(report)}`);
    }
    await this.#read();
  }

  async #read(): Promise<void> {
    this.#stored = storedPlan(await readStore(this.#store));
    const t = new EastWestTables(this.#stored);
    for (const host of HOSTS) for (const router of t.replicas(host)) this.#needed.set(`${host} ${router}`, Date.now());
  }

  /** Waits until every host agrees with the store, then until it has the devices of its ports, which come in turn. */
  async settle(): Promise<void> {
    const agreed = await this.#waitUntilNone(async () => (await this.#wrong()).lines);
    const there = await this.#waitUntilNone(() => this.#absentDevices());
    if (agreed === undefined || there === undefined) return;
    this.#told.looks++;
    this.#told.settled = agreed;
    this.#told.slowest = Math.max(this.#told.slowest, agreed);
    this.#told.devices = Math.max(this.#told.devices, agreed + there);
  }

  /** Until there is no line any more, ms; undefined: there still were, which is a fault. */
  async #waitUntilNone(ask: () => Promise<readonly string[]>): Promise<number | undefined> {
    const begun = Date.now();
    for (;;) {
      this.#guests.refresh();
      await this.#read();
      const wrong = await ask();
      const took = Date.now() - begun;
      if (wrong.length === 0) return took;
      if (took > SETTLED_MS) {
        this.#faults.push(...wrong.slice(0, 20), JSON.stringify(this.#stored));
        return undefined;
      }
      await pause(20);
    }
  }

  async #wrong(): Promise<{ hosts: Map<string, Listed>; lines: string[] }> {
    const hosts = new Map<string, Listed>();
    for (const host of HOSTS) hosts.set(host, await listed(this.#cloud.socket(host)));
    const lines = [...hosts].flatMap(([host, all]) =>
      differences(this.#stored, host, all, (router) => Date.now() - (this.#needed.get(`${host} ${router}`) ?? 0) < KEPT_MS),
    );
    return { hosts, lines };
  }

  /** Guests' ports whose devices are not there where they are bound. */
  async #absentDevices(): Promise<string[]> {
    const rows = await Promise.all(
      HOSTS.map(async (host) =>
        ((await getJson(this.#cloud.socket(host), '/v1/show/lports')) as LportRow[]).filter((row) => row.host === host),
      ),
    );
    return rows
      .flat()
      .flatMap(({ name, host, device, state }) => (device !== '' && state === 'GONE' ? [`${name} on ${host} is ${state}`] : []));
  }

  /** Frames of guests go where the model says. */
  async judge(): Promise<void> {
    if (this.faults.length > 0) return;
    // Devices that were about to go when their hosts agreed.
    await pause(100);
    this.#guests.refresh();
    const kept = keptBy((await this.#wrong()).hosts, this.#stored);
    const { judged, heard, faults } = await judgeFrames(this.#guests, this.#stored, HOSTS, kept, this.#dice);
    this.#told.judged += judged;
    this.#told.heard += heard;
    this.#faults.push(...faults);
  }

  progress(): string {
    const { changes, refused, announced, arrived, looks, judged, heard, slowest, settled, devices } = this.#told;
    const seconds = Math.round((Date.now() - this.#began) / 1000);
    const { sent, received } = this.#guests;
    return (
      `${seconds} s: ${changes} changes (${refused} refused), ${announced} announced, ${arrived} migrated; ${looks} looks, equal after ${settled} ms ` +
      `(at most ${slowest}, devices ${devices}); ${sent} frames said, ${received} heard; ${judged} judged, ${heard} of them for somebody`
    );
  }

  async stop(): Promise<void> {
    for (const host of HOSTS) {
      const { stdout, stderr } = await this.#cloud.process(host).stop();
      for (const line of stdout.split('\n')) if (/"level":(50|60)/.test(line)) this.#faults.push(`${host} said ${line}`);
      if (stderr !== '') this.#faults.push(`${host} said ${stderr}`);
    }
    await this.#store.close();
  }

  close(): void {
    this.#guests.close();
    this.#cloud.close();
    this.#etcd?.close();
  }
}
