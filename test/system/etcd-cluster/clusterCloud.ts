import assert from 'node:assert/strict';
import { getJson, postFile } from '../../../src/cli/controlClient.js';
import type { ApplyReport } from '../../../src/types/apply.js';
import type { NeighborRow } from '../../../src/types/show.js';
import { EtcdCluster } from '../../store/etcdCluster.js';
import { scenarioFile } from '../support/bed.js';
import { Cloud, guestOf } from '../support/cloud.js';
import { ethernet, ipv4, Protocol, udp } from '../support/packets.js';
import { eventually, pause } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';
import { type Carried, Traffic } from './traffic.js';

export const HOSTS = ['h1', 'h2', 'h3'];
const GUESTS = [
  guestOf('a1', 'h1', '0a:01', '10.0.0.11'),
  guestOf('a2', 'h2', '0a:02', '10.0.0.12'),
  guestOf('b3', 'h3', '0b:03', '20.0.0.23'),
];
/** Frames of a guest that are none of its own, sent during each fault: what is dropped is these. */
const SPOOFED = 10;

/** How a change went. */
export interface Change {
  /** Times it was asked for until somebody said that it was done. */
  readonly tries: number;
  /** Until it was acknowledged, and until each host had it in its tables, ms from the first question on. */
  readonly committed: number;
  readonly seen: Readonly<Record<string, number>>;
}

/** Three hosts with a guest each, which keep their objects in an etcd of three members; host number i asks member number i first. */
export class ClusterCloud {
  readonly cloud = new Cloud(HOSTS, GUESTS);
  etcd!: EtcdCluster;
  #objects = scenarioFile('etcd-cluster', 'objects.yaml');
  #changes = 0;
  #spoofer: Wire | undefined;

  constructor(private readonly members = 3) {}

  async start(): Promise<void> {
    this.etcd = await EtcdCluster.start(this.cloud.sandbox, this.members);
    for (const [i, host] of HOSTS.entries()) this.etcd.connect(this.cloud.netns(host), i);
    this.cloud.apart = true;
    this.cloud.sharedStore = (host) =>
      `{ etcd: { endpoints: [${this.etcd
        .endpoints(HOSTS.indexOf(host))
        .map((one) => `"${one}"`)
        .join(', ')}] } }`;
    await this.cloud.start(
      this.#objects,
      GUESTS.map(({ name }) => name),
    );
    const { code, stderr } = await this.cloud.apply('h1', this.#objects);
    assert.equal(code, 0, stderr);
    for (const { name } of GUESTS) {
      await eventually(
        () => this.cloud.on(name, 'ip -o link'),
        (links) => links.includes(`tap-${name}`),
      );
      this.cloud.address(name);
    }
    this.#spoofer = this.cloud.guestWire('a1');
  }

  /** What was applied last. */
  get objects(): string {
    return this.#objects;
  }

  /** Asks one host, once, to make the objects these. */
  async ask(at: string, objects: string): Promise<ApplyReport> {
    const body = Buffer.from(this.cloud.named(objects));
    return (await postFile(this.cloud.socket(at), '/v1/apply?file=objects.yaml', body)) as ApplyReport;
  }

  /** Addresses that a host has as permanent neighbours, with their MACs. */
  async neighbors(host: string): Promise<Record<string, string>> {
    const rows = (await getJson(this.cloud.socket(host), '/v1/show/neighbors')) as NeighborRow[];
    return Object.fromEntries(rows.filter(({ state }) => state === 'PERMANENT').map(({ address, mac }) => [address, mac]));
  }

  /** Other objects for all, applied at one host until that says yes. */
  async apply(at: string, replace: (objects: string) => string): Promise<{ tries: number; ms: number }> {
    const objects = replace(this.#objects);
    const begun = performance.now();
    for (let tries = 1; ; tries++) {
      try {
        const report = await this.ask(at, objects);
        assert.ok(report.ok, JSON.stringify(report));
        this.#objects = objects;
        return { tries, ms: Math.round(performance.now() - begun) };
      } catch (error) {
        if (performance.now() - begun > 30_000) throw error;
        await pause(100);
      }
    }
  }

  /** Gives port x another address, at one host, and waits until the others have it. */
  async change(at: string, hosts: readonly string[] = HOSTS, limitMs = 20_000): Promise<Change> {
    const address = `10.0.0.${100 + this.#changes++}`;
    const begun = performance.now();
    const acknowledged = this.apply(at, (objects) => objects.replace(/10\.0\.0\.(99|1\d\d)\b/, address));
    const seen = await Promise.all(
      hosts.map(async (host) => {
        await eventually(
          () => this.neighbors(host),
          (known) => known[address] !== undefined,
          limitMs,
        );
        return [host, Math.round(performance.now() - begun)] as const;
      }),
    );
    const { tries, ms } = await acknowledged;
    return { tries, committed: ms, seen: Object.fromEntries(seen) };
  }

  /** How often port x was written, when each change was done once. */
  get applied(): number {
    return 1 + this.#changes;
  }

  /** How often it was. */
  written(): number {
    return (JSON.parse(this.etcd.ctl('get /windrose/port/blue/x -w json')) as { kvs: { version: number }[] }).kvs[0]!.version;
  }

  /** What every host has to have as neighbours by the objects that were applied last. */
  expected(vip: Readonly<Record<string, string>>): Record<string, string> {
    const ports = [...this.#objects.matchAll(/mac: "(fa:16:3e:00:[^"]+)",?\s+addresses: \[([\d.]+)\]/g)];
    return { ...Object.fromEntries(ports.map(([, mac, address]) => [address!, mac!])), ...vip };
  }

  /** Waits until every host has them, and nothing else; ms. */
  async equal(vip: Readonly<Record<string, string>> = {}): Promise<number> {
    const begun = performance.now();
    const sorted = (all: Record<string, string>): string => JSON.stringify(Object.entries(all).sort());
    const wanted = sorted(this.expected(vip));
    for (const host of HOSTS)
      await eventually(
        async () => sorted(await this.neighbors(host)),
        (known) => known === wanted,
        10_000,
      );
    return Math.round(performance.now() - begun);
  }

  /** A host whose member is not the leader, if there is one, and the number of that member. */
  follower(): { readonly host: string; readonly member: number } {
    const leader = this.etcd.leader();
    const all = HOSTS.map((host) => ({ host, member: this.#memberOf(host) }));
    return all.find(({ member }) => member !== leader) ?? all[0]!;
  }

  /** Number of the member a host has connections to. */
  #memberOf(host: string): number {
    const connections = this.cloud.on(host, 'ss -Htn state established dport = :2379');
    return Number(/198\.18\.0\.(\d+):2379/.exec(connections)?.[1]) - 1;
  }

  /** The value of a metric of a host. */
  async metric(host: string, name: string): Promise<number> {
    const { metrics } = this.cloud.process(host).readyLine() as { metrics: string };
    const text = this.cloud.on(host, `curl -s ${metrics}`);
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  }

  /** How often a host has logged a sentence. */
  logged(host: string, sentence: string): number {
    return this.cloud.process(host).stdout.split(`"msg":"${sentence}"`).length - 1;
  }

  /** How often all hosts said that their store is lost. */
  get losses(): number {
    return HOSTS.reduce((sum, host) => sum + this.logged(host, 'the store is lost; its last objects stay in use'), 0);
  }

  /**
   * Runs something while guests talk and one of them cheats. Nothing that was honest may be lost, and the hosts have to have counted as dropped
   * what was not, and nothing else (F82).
   */
  async undisturbed(body: () => Promise<void>): Promise<{ pings: Carried; datagrams: Carried }> {
    const before = await this.#dropped();
    const ways = [
      ['a1', '10.0.0.12'],
      ['b3', '10.0.0.11'],
      ['a2', '20.0.0.23'],
    ] as const;
    const traffic = await Traffic.start(this.cloud, ways, ['a2', 'a1', '10.0.0.11']);
    const ends = { source: '10.0.0.77', destination: '10.0.0.12' };
    const payload = ipv4({ ...ends, protocol: Protocol.Udp }, udp(ends, { source: 1, destination: 2 }, Buffer.alloc(8)));
    let result: { pings: Carried; datagrams: Carried };
    try {
      await pause(300);
      for (let i = 0; i < SPOOFED; i++) this.#spoofer!.send(ethernet('fa:16:3e:00:0a:02', 'fa:16:3e:00:0a:01', 0x0800, payload));
      await body();
      await pause(300);
    } finally {
      result = await traffic.stop();
    }
    assert.deepEqual([result.pings.lost, result.datagrams.lost], [0, 0], 'frames were lost');
    const after = await this.#dropped();
    const grown = Object.entries(after).map(([reason, count]) => [reason, count - (before[reason] ?? 0)] as const);
    assert.deepEqual(Object.fromEntries(grown.filter(([, count]) => count !== 0)), { spoof_ip: SPOOFED });
    return result;
  }

  async #dropped(): Promise<Record<string, number>> {
    const sum: Record<string, number> = {};
    for (const host of HOSTS)
      for (const [reason, count] of Object.entries(await this.cloud.drops(host))) sum[reason] = (sum[reason] ?? 0) + count;
    return sum;
  }

  announce(guest: string, mac: string, packet: Buffer): void {
    const wire = this.cloud.guestWire(guest);
    wire.send(ethernet('ff:ff:ff:ff:ff:ff', mac, 0x0806, packet));
  }

  async stop(): Promise<void> {
    await this.cloud.stop();
  }

  close(): void {
    this.cloud.close();
    this.etcd?.close();
  }
}
