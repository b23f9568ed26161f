/**
 * A process of simulated hosts: each follows the store as a gateway does, with a lease of its own, and computes view and tables from what it is told.
 * It has no devices and no workers. Orders come from main.ts.
 */
import type { Logger } from 'pino';
import { loadConfig } from '../../src/config/load.js';
import { ObjectBook } from '../../src/control/dvr/mirror/objectBook.js';
import { HostLife } from '../../src/control/dvr/presence/hostLife.js';
import { type BuiltRouter, buildRouters, listNetworkRifs } from '../../src/control/dvr/tables/buildRouters.js';
import { buildSwitching, NO_FABRIC } from '../../src/control/dvr/tables/buildSwitching.js';
import { NO_NETWORKS } from '../../src/control/dvr/view/hostView.js';
import { hostViewOf } from '../../src/control/dvr/view/hostViewOf.js';
import { buildMetadata } from '../../src/control/metadata/buildMetadata.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { StoreCounts } from '../../src/store/counts.js';
import { EtcdStore } from '../../src/store/etcd.js';
import { monotonicMs, type Order, type Said, type SimulatedHost } from './messages.js';

/** Slot of the tunnel endpoint. */
const VXLAN_SLOT = 3;
const TRIES = 10;
const quiet = { info: () => {}, warn: () => {}, debug: () => {}, error: () => {} } as unknown as Logger;
const tell = (said: Said): void => void process.send!(said);
const lives: HostLife[] = [];
const books: ObjectBook[] = [];

async function simulate({ name, access }: SimulatedHost, presence: boolean): Promise<void> {
  const begun = monotonicMs();
  const text = `name: ${name}\nifaces: []\nhost: { name: ${name} }\nstore: { etcd: { endpoints: [${access.endpoints[0]}] } }\n`;
  const config = loadConfig(text, '/bench.yaml').config!;
  const open = async () => {
    const store = new EtcdStore(access);
    if (!presence) return store;
    const life = await HostLife.begin(store, new StoreCounts(), { name, vtep: undefined }, quiet, new Promise(() => {}));
    lives.push(life);
    return life.store;
  };
  const book = await opened(() => ObjectBook.open(config, open, quiet));
  books.push(book);
  const index = new StateIndex({ addresses: 0 } as never);
  let routers: BuiltRouter[] = [];
  const compile = (): void => {
    const { objects, claims } = book.now;
    const view = hostViewOf(objects, { name, mac: book.mac, prefix: NO_NETWORKS.hostMacPrefix }, claims);
    const rifs = listNetworkRifs(view, index);
    buildSwitching(view, rifs, index, { ...NO_FABRIC, vxlan: VXLAN_SLOT }, buildMetadata([], undefined, index));
    routers = buildRouters(view, rifs, config.routing, index, routers);
  };
  compile();
  tell({ kind: 'ready', host: name, tookMs: monotonicMs() - begun, knownPorts: book.now.objects.lports.length });
  book.watch(({ revision }) => {
    compile();
    tell({ kind: 'view', host: name, revision, at: monotonicMs() });
  });
  lives.at(-1)?.follow(() => ({ read: book.now.revision, applied: book.now.revision }));
}

/** Hosts that start one beside the other on few CPUs may be too slow for each other. */
async function opened<T>(open: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++)
    try {
      return await open();
    } catch (error) {
      if (tries === TRIES) throw error;
    }
}

function usage() {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, rssOctets: process.memoryUsage.rss() };
}

process.on('message', async (order: Order) => {
  if (order.kind === 'begin') for (const host of order.hosts) await simulate(host, order.presence);
  else if (order.kind === 'usage') tell({ kind: 'usage', usage: usage() });
  else process.exit(0);
});
tell({ kind: 'empty', usage: usage() });
