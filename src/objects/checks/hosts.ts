import { martian } from '../../config/checks/addresses.js';
import { once } from '../../config/checks/ifaces.js';
import type { Report } from '../../config/issues.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { LportDraft, ObjectsDraft } from '../draft.js';

/** Tunnel endpoints of hosts, and devices of ports: each once. */
export function checkHosts(draft: ObjectsDraft, report: Report): void {
  for (const { value, path } of draft.hosts) {
    const why = value.vtep === undefined ? undefined : martian(value.vtep);
    if (why !== undefined)
      report('error', [...path, 'vtep'], `${formatIpv4(value.vtep!)} ${why}`, 'Use the address of the host on the underlay.');
  }
  const endpoint = ({ vtep }: { readonly vtep?: (typeof draft.hosts)[number]['value']['vtep'] }): string =>
    vtep === undefined ? '' : formatIpv4(vtep);
  once(draft.hosts, endpoint, () => 'vtep', 'tunnel endpoint', 'Give each host its own.', report);
  for (const { value, path } of draft.lports) {
    if (value.tap !== undefined && value.packet !== undefined)
      report('error', [...path, 'packet'], 'stands beside tap; a port has one device', 'Remove one of tap and packet.');
    if (value.netns !== undefined && value.tap === undefined && value.packet === undefined)
      report(
        'error',
        [...path, 'netns'],
        'is the namespace of a device, and there is none',
        'Write tap or packet, or remove it.',
      );
  }
  once(
    draft.lports.flatMap(({ value, path }) => devicesOf(value).map((device) => ({ value: device, path }))),
    ({ text }) => text,
    ({ key }) => key,
    'device',
    'Give each port its own device.',
    report,
  );
}

/** The device of a port on its host, and on the one it is migrating to. */
function devicesOf({ host, tap, packet, netns, migratingTo, migratingNetns = netns }: LportDraft) {
  const device = tap ?? packet;
  if (device === undefined) return [];
  const on = (at: string, within: string | undefined, key: string) => {
    return { text: `${device}${within === undefined ? '' : ` in ${within}`} on ${at}`, key };
  };
  return [
    ...(host === undefined ? [] : [on(host, netns, tap === undefined ? 'packet' : 'tap')]),
    ...(migratingTo === undefined || migratingTo === host ? [] : [on(migratingTo, migratingNetns, 'migratingTo')]),
  ];
}
