import { formatPath, type Path, type Report } from '../../config/issues.js';
import type { Placed } from '../../config/placed.js';
import type { ObjectsDraft } from '../draft.js';
import { ENCAPSULATION, HIGHEST_ID, LOWEST_MTU, type NetworkEntry } from '../kinds/network.js';

/** Segments: the id, the physical network and the MTU that the type asks for, and each segment once (dvr.md 1.1). */
export function checkNetworks(draft: ObjectsDraft, report: Report): void {
  const first = new Map<string, Path>();
  for (const { value, path } of draft.networks) {
    const sound = checkSegment({ value, path }, report);
    checkMtu({ value, path }, draft.underlayMtu, report);
    const { type, id, physnet } = value;
    if (!sound || type === 'local') continue;
    const key = `${type} ${physnet ?? ''} ${id ?? ''}`;
    const before = first.get(key);
    if (before === undefined) first.set(key, path);
    else {
      const what =
        type === 'flat' ? `physical network ${physnet}` : `${type} ${id}${physnet === undefined ? '' : ` on ${physnet}`}`;
      const at = type === 'flat' ? 'physnet' : 'id';
      const remedy = type === 'flat' ? 'A physical network has one flat network; use vlan for others.' : 'Use another id.';
      report('error', [...path, at], `${what} is already ${formatPath(before)}`, remedy, before);
    }
  }
  checkPhysnets(draft, report);
}

function checkSegment({ value, path }: Placed<NetworkEntry>, report: Report): boolean {
  const { type, id, physnet } = value;
  const highest = HIGHEST_ID[type];
  const physical = type === 'flat' || type === 'vlan';
  const faults: (readonly [key: string, message: string, remedy: string])[] = [];
  if (highest === 0 && id !== undefined) faults.push(['id', `has no meaning for a ${type} network`, 'Remove the key.']);
  if (highest > 0 && id === undefined)
    faults.push(['id', `is missing: a ${type} network has one`, `Write a number from 1 to ${highest}.`]);
  if (highest > 0 && id !== undefined && id > highest)
    faults.push(['id', `${id} is above ${highest}, the highest of a ${type} network`, `Write a number from 1 to ${highest}.`]);
  if (physical && physnet === undefined)
    faults.push(['physnet', `is missing: a ${type} network is on a physical network`, 'Name it as hosts do under physnets.']);
  if (!physical && physnet !== undefined)
    faults.push(['physnet', `has no meaning for a ${type} network`, 'Remove the key, or use type vlan or flat.']);
  for (const [key, message, remedy] of faults) report('error', [...path, key], message, remedy);
  return faults.length === 0;
}

/** What is longer than the underlay carries would be lost between hosts: tunnels do not fragment. */
function checkMtu({ value: { type, mtu }, path }: Placed<NetworkEntry>, underlay: number | undefined, report: Report): void {
  if (mtu === undefined || underlay === undefined || ENCAPSULATION[type] === 0) return;
  const largest = underlay - ENCAPSULATION[type];
  if (mtu <= largest) return;
  const what = `${mtu} is above ${largest}, the largest IP packet of a ${type} network where underlayMtu is ${underlay}`;
  const lower = largest < LOWEST_MTU ? 'Remove the key' : `Write at most ${largest}`;
  report('error', [...path, 'mtu'], what, `${lower}, or set underlayMtu to what the network between the hosts carries.`);
}

/** A port on a host that has no way to the others of its network. */
function checkPhysnets(draft: ObjectsDraft, report: Report): void {
  const networks = new Map(draft.networks.map(({ value }) => [value.name, value]));
  const hosts = new Map(draft.hosts.map(({ value }) => [value.name, value]));
  const hostsOf = new Map<string, Set<string>>();
  for (const { value } of draft.lports) {
    const known = hostsOf.get(value.network) ?? new Set();
    hostsOf.set(value.network, known);
    for (const host of [value.host, value.migratingTo]) if (host !== undefined) known.add(host);
  }
  const places = draft.lports.flatMap(({ value: { network, host, migratingTo }, path }) => [
    { network, on: host, path: [...path, 'host'] },
    { network, on: migratingTo, path: [...path, 'migratingTo'] },
  ]);
  for (const { network: of, on, path } of places) {
    const network = networks.get(of);
    const host = on === undefined ? undefined : hosts.get(on);
    if (network === undefined || host === undefined) continue;
    const { name, type, physnet } = network;
    const apart = (message: string, remedy: string): void => report('warning', path, message, remedy);
    const elsewhere = hostsOf.get(name)!.size > 1;
    if (physnet !== undefined && !host.physnets.includes(physnet))
      apart(`host ${host.name} is not connected to ${physnet} of network ${name}`, `Add ${physnet} to the physnets of the host.`);
    else if ((type === 'vxlan' || type === 'gre') && elsewhere && host.vtep === undefined)
      apart(`host ${host.name} has no vtep, and network ${name} has ports on other hosts`, 'Give the host a vtep.');
    else if (type === 'local' && elsewhere)
      apart(`network ${name} is local, and has ports on other hosts, which it does not reach`, 'Use another type.');
  }
}
