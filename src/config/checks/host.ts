import { formatIpv4 } from '../../types/ipv4.js';
import type { Draft } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';
import { martian } from './addresses.js';
import { once } from './ifaces.js';
import { checkMetadata } from './metadata.js';
import { checkStore } from './store.js';

/** This gateway as a host: its endpoint, its devices to physical networks, and what is nothing without it. */
export function checkHost(draft: Draft, report: Report): void {
  const { host, objects, store } = draft.entries;
  if (host === undefined) {
    const remedy = 'Write "host: { name: NAME }", one of the hosts of the objects, or remove it.';
    if (objects !== undefined && draft.hostComplete)
      report('error', ['objects'], 'is for one of several hosts, and nothing says which this one is', remedy);
    for (const key of ['directory', 'etcd'] as const)
      if (store?.[key] !== undefined && draft.hostComplete)
        report('warning', ['store', key], 'is not used: there is no host', remedy);
    return;
  }
  checkStore(draft, report);
  if (host.metadata !== undefined) checkMetadata(host.metadata, report);
  const why = host.vtep === undefined ? undefined : martian(host.vtep.address);
  if (why !== undefined)
    report(
      'error',
      ['host', 'vtep', 'address'],
      `${formatIpv4(host.vtep!.address)} ${why}`,
      'Use the address of this host on the underlay.',
    );
  const devices = new Map<string, Path>();
  for (const { value, path } of draft.ifaces) devices.set(deviceOf(value.device, value.netns), path);
  for (const [i, { tap, packet, netns }] of host.physnets.entries()) {
    const path: Path = ['host', 'physnets', i];
    if (tap === undefined && packet === undefined) report('error', path, 'has no device', 'Write "tap: NAME" or "packet: NAME".');
    else if (tap !== undefined && packet !== undefined)
      report('error', [...path, 'packet'], 'stands beside tap; a device is one of the two', 'Remove one of tap and packet.');
    const device = deviceOf(tap ?? packet ?? '', netns);
    const before = devices.get(device);
    if (before === undefined) devices.set(device, path);
    else if (tap !== undefined || packet !== undefined)
      report(
        'error',
        [...path, tap === undefined ? 'packet' : 'tap'],
        `the device "${device}" is already used by ${formatPath(before)}`,
        'Use a device once.',
        before,
      );
  }
  const named = host.physnets.map((value, i) => ({ value, path: ['host', 'physnets', i] }));
  once(
    named,
    ({ name }) => name,
    () => 'name',
    'name',
    'Give each physical network one device.',
    report,
  );
}

function deviceOf(device: string, netns: string | undefined): string {
  return `${device}${netns === undefined ? '' : ` in ${netns}`}`;
}
