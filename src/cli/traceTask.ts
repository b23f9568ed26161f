import type { IfaceRow } from '../types/show.js';
import type { LportRow } from '../types/showObjects.js';
import { filterFor } from './captureTask.js';
import type { ListenedDevice } from './networkDevice.js';

/** What the process that traces frames as they come in is told. */
export interface TraceTask {
  readonly device: string;
  /** The interface as the gateway names it, and in words, for messages. */
  readonly iface: string;
  readonly label: string;
  /** pcap-filter(7), direction included. */
  readonly filter: string;
  /** Control socket of the gateway. */
  readonly socket: string;
  /** Octets of an IPv4 packet: larger ones are super-frames. */
  readonly mtu: number;
  readonly output: 'text' | 'json';
  /** Ends after so many frames. */
  readonly count?: number | undefined;
  /** Ends after this time. */
  readonly seconds?: number | undefined;
}

/**
 * The operator's filter, for frames that come in to the gateway only: those that do not have one of its own MACs as their source. (The
 * words inbound and outbound would do, but libpcap judges the first frames itself then, and knows no direction.)
 */
export function ingressFilter(rows: readonly IfaceRow[], row: ListenedDevice, words: string): string {
  const same = rows.filter(({ device, netns }) => device === row.device && netns === row.netns);
  const macs = [...new Set(same.map(({ mac }) => mac).filter((mac) => mac !== ''))];
  const own = filterFor(row, words === '' ? [] : [row.vlan === 0 ? `(${words})` : words]);
  return [...macs.map((mac) => `not ether src ${mac}`), ...(own === '' ? [] : [own])].join(' and ');
}

/**
 * The same for a port of a network. The gateway delivers frames with any source, so what tells them apart is what they are for: from the port comes
 * all that has its MAC, and what is neither for that nor for a group.
 */
export function portFilter({ mac }: Pick<LportRow, 'mac'>, words: string): string {
  const own = `(ether src ${mac} or not (ether dst ${mac} or ether multicast))`;
  return words === '' ? own : `${own} and (${words})`;
}
