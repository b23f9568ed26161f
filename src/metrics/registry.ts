import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { registerAddresses } from './addresses.js';
import { registerConfiguration } from './configuration.js';
import { registerEvents } from './events.js';
import { TextRegistry } from './exposition.js';
import { registerFrames } from './frames.js';
import { registerIfaces } from './ifaces.js';
import { registerMetadata } from './metadata.js';
import { registerNat } from './nat.js';
import { registerNeighbors } from './neighbors.js';
import { registerNetDevices } from './netDevices.js';
import { registerNexthops } from './nexthops.js';
import { registerProcess } from './process.js';
import { registerSessions } from './sessions.js';
import { registerSnat } from './snat.js';
import { registerStore } from './store.js';
import { registerWorkers } from './workers.js';

/** All metrics of a gateway. Nothing is counted twice: each is read where it is kept, when somebody scrapes (K12). */
export function metricsRegistry(shown: Shown): Registry {
  const registry = new TextRegistry();
  registerFrames(registry, shown);
  registerIfaces(registry, shown);
  registerNetDevices(registry, shown);
  registerSessions(registry, shown);
  registerNat(registry, shown);
  registerAddresses(registry, shown);
  registerNeighbors(registry, shown);
  registerNexthops(registry, shown);
  registerWorkers(registry, shown);
  registerEvents(registry, shown);
  registerConfiguration(registry, shown);
  registerStore(registry, shown);
  registerSnat(registry, shown);
  registerMetadata(registry, shown);
  registerProcess(registry);
  return registry;
}
