/**
 * Namespaces and links of one yardstick. Every yardstick has its own client and server namespace, so all of them stand at the same
 * time and take turns; names carry the prefix `wrb` and the process id, so two runs and their leftovers cannot be confused.
 *
 *   client namespace            forwarder (process or namespace)            server namespace
 *   1.1.1.1/16  wrblan ------------ 1.1.100.1 | 1.2.100.4 ------------ wrbwan  1.2.1.4/16
 */
import { existsSync, readdirSync } from 'node:fs';
import { onCleanUp, run } from './processes.js';

export const CLIENT_DEVICE = 'wrblan';
export const SERVER_DEVICE = 'wrbwan';
/** Ends of the links inside a forwarder's namespace (veth only). */
export const INSIDE_DEVICE = 'wrbin';
export const OUTSIDE_DEVICE = 'wrbout';

export const CLIENT_ADDRESS = '1.1.1.1';
export const INSIDE_GATEWAY = '1.1.100.1';
export const OUTSIDE_GATEWAY = '1.2.100.4';
export const SERVER_ADDRESS = '1.2.1.4';

export interface Namespaces {
  client: string;
  middle: string;
  server: string;
}

/** Makes the namespaces of one yardstick, empty, IPv6 off (so that nothing chatters). They go at clean-up. */
export function addNamespaces(yardstick: string): Namespaces {
  const base = `wrb${process.pid}-${yardstick}`;
  const made = { client: `${base}-c`, middle: `${base}-m`, server: `${base}-s` };
  for (const name of Object.values(made)) {
    run('ip', 'netns', 'add', name);
    onCleanUp(() => run('ip', 'netns', 'del', name));
    inside(name, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
  }
  return made;
}

/** Removes namespaces that a killed run of this bench left behind. */
export function removeLeftovers(): void {
  if (!existsSync('/run/netns')) return;
  for (const name of readdirSync('/run/netns')) {
    const pid = /^wrb(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) run('ip', 'netns', 'del', name);
  }
}

/** Links client and server namespace to the middle one by veth pairs and sets them up. */
export function addVethLinks(ns: Namespaces): void {
  addVeth(ns.client, CLIENT_DEVICE, ns.middle, INSIDE_DEVICE);
  addVeth(ns.server, SERVER_DEVICE, ns.middle, OUTSIDE_DEVICE);
}

function addVeth(outer: string, device: string, middle: string, peer: string): void {
  run('ip', '-n', outer, 'link', 'add', device, 'type', 'veth', 'peer', 'name', peer, 'netns', middle);
  run('ip', '-n', outer, 'link', 'set', device, 'up');
  run('ip', '-n', middle, 'link', 'set', peer, 'up');
}

/** Addresses for a forwarder that routes: two subnets, the client's default route through the gateway. */
export function addRoutedAddresses(ns: Namespaces): void {
  run('ip', '-n', ns.client, 'addr', 'add', `${CLIENT_ADDRESS}/16`, 'dev', CLIENT_DEVICE);
  run('ip', '-n', ns.client, 'route', 'add', 'default', 'via', INSIDE_GATEWAY);
  run('ip', '-n', ns.server, 'addr', 'add', `${SERVER_ADDRESS}/16`, 'dev', SERVER_DEVICE);
}

/** Addresses for a forwarder that only copies: client and server share one subnet. Returns the client's address. */
export function addBridgedAddresses(ns: Namespaces): string {
  const client = '1.2.1.1';
  run('ip', '-n', ns.client, 'addr', 'add', `${client}/16`, 'dev', CLIENT_DEVICE);
  run('ip', '-n', ns.server, 'addr', 'add', `${SERVER_ADDRESS}/16`, 'dev', SERVER_DEVICE);
  return client;
}

/** Runs a command inside a namespace and returns its output. */
export function inside(namespace: string, ...command: string[]): string {
  return run('ip', 'netns', 'exec', namespace, ...command);
}

/** Arguments for `ip` that run a command inside a namespace on the given CPUs ("0", "0,1"; empty = anywhere). */
export function pinnedInside(namespace: string, cpus: string, ...command: string[]): string[] {
  return ['netns', 'exec', namespace, ...pinned(cpus), ...command];
}

/** Words to put before a command so that it runs on these CPUs only. */
export function pinned(cpus: string): string[] {
  return cpus === '' ? [] : ['taskset', '-c', cpus];
}

export function macOf(namespace: string, device: string): string {
  const [link] = JSON.parse(run('ip', '-n', namespace, '-j', 'link', 'show', 'dev', device)) as { address: string }[];
  return link.address;
}

/** MAC the namespace has learnt for a neighbour. Throws when it knows none (ping first). */
export function neighborMac(namespace: string, address: string): string {
  const entries = JSON.parse(run('ip', '-n', namespace, '-j', 'neigh', 'show', 'to', address)) as { lladdr?: string }[];
  const mac = entries.find((entry) => entry.lladdr !== undefined)?.lladdr;
  if (mac === undefined) throw new Error(`${namespace} has no MAC for ${address}`);
  return mac;
}
