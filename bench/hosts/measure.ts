import { freemem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { Objects } from '../../src/objects/model.js';
import { lportRecord } from '../../src/objects/records.js';
import { EtcdStore } from '../../src/store/etcd.js';
import { changedPut, keyOfHostPort, keyOfPort, keysOf } from '../../src/store/objectKeys.js';
import type { EtcdAccess } from '../../src/types/etcdAccess.js';
import { progress, type Series } from '../harness.js';
import { cloudOf, drawer } from './cloud.js';
import { Etcd, type EtcdUsage } from './etcd.js';
import { Fleet } from './fleet.js';
import { monotonicMs, type Usage } from './messages.js';

export interface Size {
  readonly hosts: number;
  readonly ports: number;
}

export interface Plan {
  readonly changes: number;
  /** Seconds without changes. */
  readonly idle: number;
  readonly presence: boolean;
  readonly folder: string;
}

/** What a simulated host and its part of etcd take, with room; measured. */
const OCTETS_OF_HOST = 12 << 20;
const OCTETS_OF_REST = 1 << 30;
/** What a transaction takes without comparing on its own. */
const KEYS_OF_SEED = 100;
const LOAD_MS = 20 * 60_000;
const CHANGE_MS = 120_000;
const MIB = 1 << 20;

/** Why this size cannot be measured here. */
export function tooLarge({ hosts }: Size): string | undefined {
  const needed = hosts * OCTETS_OF_HOST + OCTETS_OF_REST;
  const free = freemem();
  if (needed <= free) return undefined;
  return `${hosts} hosts take about ${Math.ceil(needed / MIB)} MiB, and ${Math.floor(free / MIB)} are free`;
}

/** All figures of one size. */
export async function measure(size: Size, port: number, plan: Plan): Promise<Series[]> {
  const subject = `${size.hosts} x ${size.ports}`;
  const series: Series[] = [];
  const note = (name: string, unit: string, ...values: number[]): void => void series.push({ case: name, subject, unit, values });
  const objects = cloudOf(size.hosts, size.ports);
  const etcd = await Etcd.start(plan.folder, port);
  const { fleet, empty } = await Fleet.start();
  const store = new EtcdStore(accessBy(etcd.endpoint(0)));
  try {
    progress(`${subject}: objects`);
    note('store', 'MiB', (await seed(store, objects)) / MIB);

    progress(`${subject}: hosts load`);
    const hosts = objects.hosts.map(({ name }, i) => ({ name, access: accessBy(etcd.endpoint(i + 1)) }));
    const begun = monotonicMs();
    const unloaded = await etcd.usage();
    fleet.begin(hosts, plan.presence);
    await fleet.until('loading', () => fleet.ready.size === hosts.length, LOAD_MS);
    const loaded = await etcd.usage();
    note('load all', 's', (monotonicMs() - begun) / 1000);
    note('load a host', 'ms', ...[...fleet.ready.values()].map(({ tookMs }) => tookMs));
    note('read by a host', 'KiB', (loaded.sentOctets - unloaded.sentOctets) / hosts.length / 1024);
    note('ports a host knows', 'ports', ...[...fleet.ready.values()].map(({ knownPorts }) => knownPorts));
    await pause(3000);

    progress(`${subject}: nothing happens`);
    const rest = await spent(etcd, fleet, () => pause(plan.idle * 1000));
    note('idle: etcd', '% of a CPU', (rest.etcd.cpuMs / rest.ms) * 100);
    note('idle: requests', '1/s', rest.etcd.requests / (rest.ms / 1000));
    note('idle: a host', 'ms of CPU per s', rest.hosts.cpuMs / hosts.length / (rest.ms / 1000));

    for (const kind of ['set', 'move'] as const) {
      progress(`${subject}: ${kind}`);
      const took: number[] = [];
      const first: number[] = [];
      let affected = 0;
      const change = changer(store, objects, kind);
      const busy = await spent(etcd, fleet, async () => {
        for (let i = 0; i < plan.changes; i++) {
          const at = monotonicMs();
          const { revision, hosts: who } = await change();
          const seen = (name: string): boolean => (fleet.views.get(name)?.revision ?? 0) >= revision;
          await fleet.until(`change ${revision}`, () => who.every(seen), CHANGE_MS);
          const times = who.map((name) => fleet.views.get(name)!.at - at);
          first.push(Math.min(...times));
          took.push(Math.max(...times));
          affected += who.length;
          await pause(100);
        }
      });
      const idle = busy.ms / rest.ms;
      note(`${kind} a port: first host`, 'ms', ...first);
      note(`${kind} a port: last host`, 'ms', ...took);
      note(`${kind} a port: hosts concerned`, 'hosts', affected / plan.changes);
      note(`${kind} a port: a host concerned`, 'ms of CPU', Math.max(0, busy.hosts.cpuMs - rest.hosts.cpuMs * idle) / affected);
      note(`${kind} a port: etcd sends`, 'KiB', (busy.etcd.sentOctets - rest.etcd.sentOctets * idle) / plan.changes / 1024);
    }
    const now = await fleet.usage();
    note('memory of a host', 'MiB', (now.rssOctets - empty.rssOctets) / hosts.length / MIB);
    note('memory of etcd', 'MiB', (await etcd.usage()).rssOctets / MIB);
    return series;
  } finally {
    fleet.stop();
    await store.close();
    await etcd.stop();
  }
}

function accessBy(endpoint: string): EtcdAccess {
  return { endpoints: [endpoint], prefix: '/bench/', tls: undefined, user: undefined, passwordFile: undefined };
}

/** Puts all objects; how many octets they are. */
async function seed(store: EtcdStore, objects: Objects): Promise<number> {
  const puts = [...keysOf(objects)].map(([key, value]) => ({ key, value: JSON.stringify(value) }));
  for (let i = 0; i < puts.length; i += KEYS_OF_SEED) await store.transact({ puts: puts.slice(i, i + KEYS_OF_SEED) });
  return puts.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
}

interface Spent {
  readonly ms: number;
  readonly etcd: EtcdUsage;
  readonly hosts: Usage;
}

async function spent(etcd: Etcd, fleet: Fleet, during: () => Promise<void>): Promise<Spent> {
  const before = { ms: monotonicMs(), etcd: await etcd.usage(), hosts: await fleet.usage() };
  await during();
  const after = { ms: monotonicMs(), etcd: await etcd.usage(), hosts: await fleet.usage() };
  return { ms: after.ms - before.ms, etcd: less(after.etcd, before.etcd), hosts: less(after.hosts, before.hosts) };
}

function less<T extends object>(after: T, before: T): T {
  return Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - (before as never)[name]!])) as T;
}

/** Changes one port in one transaction; the hosts it concerns are those that have ports of its tenant. */
function changer(store: EtcdStore, { hosts, lports }: Objects, kind: 'set' | 'move') {
  const draw = drawer(kind === 'set' ? 11 : 13);
  const ports = [...lports];
  const tenantOf = (name: string): string => name.split('-')[0]!;
  return async (): Promise<{ readonly revision: number; readonly hosts: readonly string[] }> => {
    const n = Math.floor(draw() * ports.length);
    const before = ports[n]!;
    const to = hosts[Math.floor(draw() * hosts.length)]!.name;
    const after = kind === 'set' ? { ...before, adminUp: !before.adminUp } : { ...before, host: to };
    ports[n] = after;
    const moved = after.host !== before.host;
    const { revision } = await store.transact({
      puts: [
        { key: keyOfPort(after), value: JSON.stringify(lportRecord(after)) },
        ...(moved ? [{ key: keyOfHostPort(after.host!, after), value: JSON.stringify(after.name) }] : []),
        changedPut(),
      ],
      deletes: moved ? [keyOfHostPort(before.host!, before)] : [],
    });
    const tenant = tenantOf(after.name);
    const there = ports.flatMap(({ name, host }) => (tenantOf(name) === tenant ? [host!] : []));
    return { revision, hosts: [...new Set([...there, before.host!])] };
  };
}
