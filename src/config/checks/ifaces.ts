import type { Draft, Placed } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';

/** Devices and names of interfaces and VLANs: one device each, every name and device once, keys of the right kind. */
export function checkIfaces(draft: Draft, report: Report): void {
  const entries = draft.entries.ifaces ?? [];
  if (draft.entries.ifaces?.length === 0 && draft.entries.host === undefined && draft.hostComplete)
    report('error', ['ifaces'], 'the gateway has no interface', 'Add at least one "- tap: NAME" or "- packet: NAME".');
  for (const { path } of draft.ifaces) {
    const entry = entries[Number(path[1])]!;
    if (entry.tap === undefined && entry.packet === undefined) {
      report('error', path, 'has no device', 'Write "tap: NAME" or "packet: NAME".');
    } else if (entry.tap !== undefined && entry.packet !== undefined) {
      report('error', [...path, 'packet'], 'stands beside tap; an interface is one of the two', 'Remove one of tap and packet.');
    }
    if (entry.tap === undefined) {
      if (entry.offloads !== undefined) wrongKind([...path, 'offloads'], 'tap', report);
      if (entry.txQueueLength !== undefined) wrongKind([...path, 'txQueueLength'], 'tap', report);
    } else {
      if (entry.promiscuous !== undefined) wrongKind([...path, 'promiscuous'], 'packet', report);
      if (entry.exclusive !== undefined) wrongKind([...path, 'exclusive'], 'packet', report);
    }
    vlansFit(draft, path, report);
  }
  once(
    draft.rifs,
    (rif) => rif.name,
    (rif) => ('device' in rif && rif.name === rif.device ? undefined : 'name'),
    'name',
    'Give each interface and VLAN its own name.',
    report,
  );
  once(
    draft.ifaces.filter((iface) => iface.value.device !== ''),
    (iface) => `${iface.device}${iface.netns === undefined ? '' : ` in ${iface.netns}`}`,
    (iface) => iface.kind,
    'device',
    'Use a device once; VLANs on it go under vlans.',
    report,
  );
}

function wrongKind(path: Path, kind: string, report: Report): void {
  report('error', path, `is only for an interface with ${kind}`, 'Remove the key.');
}

function vlansFit(draft: Draft, path: Path, report: Report): void {
  const iface = draft.ifaces.find((candidate) => candidate.path === path)!.value;
  const first = new Map<number, number>();
  for (const [i, vlan] of iface.vlans.entries()) {
    const before = first.get(vlan.id);
    if (before === undefined) first.set(vlan.id, i);
    else {
      const at = [...path, 'vlans', before];
      const what = `VLAN ${vlan.id} is already ${formatPath(at)}`;
      report('error', [...path, 'vlans', i, 'id'], what, 'Put the addresses of both under one id.', at);
    }
    if (iface.mtu !== undefined && vlan.mtu !== undefined && vlan.mtu > iface.mtu) {
      report(
        'error',
        [...path, 'vlans', i, 'mtu'],
        `${vlan.mtu} is above the MTU of the interface (${iface.mtu})`,
        'Lower it or raise that of the interface.',
      );
    }
  }
}

/** Reports every second item with the same `keyOf`. `at` names the key to point at. */
export function once<T>(
  items: readonly Placed<T>[],
  keyOf: (item: T) => string,
  at: (item: T) => string | undefined,
  what: string,
  remedy: string,
  report: Report,
): void {
  const first = new Map<string, Path>();
  for (const { value, path } of items) {
    const key = keyOf(value);
    const before = first.get(key);
    if (before === undefined) first.set(key, path);
    else if (key !== '') {
      const step = at(value);
      const place = step === undefined ? path : [...path, step];
      report('error', place, `the ${what} "${key}" is already used by ${formatPath(before)}`, remedy, before);
    }
  }
}
