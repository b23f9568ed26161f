import { readFileSync, readlinkSync } from 'node:fs';
import { WindroseError } from '../errors/catalog.js';
import type { IfaceRow } from '../types/show.js';

/** What the listening process is told. */
export interface CaptureTask {
  readonly device: string;
  /** The interface in words, for messages. */
  readonly label: string;
  /** pcap-filter(7); empty = everything. */
  readonly filter: string;
  /** "-" is standard output. */
  readonly file?: string | undefined;
  readonly text: boolean;
  /** Octets of an IPv4 packet: larger ones are super-frames. */
  readonly mtu: number;
  /** Ends after so many frames. */
  readonly count?: number | undefined;
  /** Ends after this time. */
  readonly seconds?: number | undefined;
}

/** The row of `show ifaces` an operator means: by the name of the interface, or else by that of its device. */
export function ifaceRow(rows: readonly IfaceRow[], name: string): IfaceRow {
  const row = rows.find((one) => one.name === name) ?? rows.find((one) => one.device === name && one.vlan === 0);
  if (row !== undefined) return row;
  throw new WindroseError('IFACE_UNKNOWN', name, rows.map((one) => one.name).join(', '));
}

/** The operator's filter, within the VLAN of the interface when it is one. */
export function filterFor(row: Pick<IfaceRow, 'vlan'>, words: readonly string[]): string {
  const own = words.join(' ').trim();
  if (row.vlan === 0) return own;
  return own === '' ? `vlan ${row.vlan}` : `vlan ${row.vlan} and (${own})`;
}

export function labelOf({ name, device, netns }: Pick<IfaceRow, 'name' | 'device' | 'netns'>): string {
  const place = [...(device === name ? [] : [`device ${device}`]), ...(netns === '' ? [] : [`namespace ${netns}`])].join(', ');
  return place === '' ? name : `${name} (${place})`;
}

/**
 * The file of the namespace the device is in; undefined when it is the one this process is in. A gateway that says no namespace
 * means its own, which is found through its process id: when that is a process of the same machine that was started with that
 * configuration.
 */
export function namespaceFile(netns: string, gateway: { readonly pid: number; readonly configFile: string }): string | undefined {
  if (netns !== '') return netns.startsWith('/') ? netns : `/run/netns/${netns}`;
  const file = `/proc/${gateway.pid}/ns/net`;
  try {
    const words = readFileSync(`/proc/${gateway.pid}/cmdline`, 'utf8').split('\0');
    if (!words.includes(gateway.configFile) || readlinkSync(file) === readlinkSync('/proc/self/ns/net')) return undefined;
    return file;
  } catch {
    // Not ours to look at, or a process id of another container: the namespace of this process is the best guess.
    return undefined;
  }
}
