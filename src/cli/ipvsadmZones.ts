import { formatIpv4, maskOf, parsePrefix } from '../types/ipv4.js';
import { isFault } from '../types/parsed.js';
import type { ZoneRow } from '../types/show.js';

/**
 * Zones as `ipvsadm -G` of dsnat prints them, octet for octet, for scripts that read that listing: columns of 30, 8, 20, 10 and 10
 * characters, each padded, a blank between two. A zone with several prefixes has a line for each, its addresses below the last.
 * CONFLICTS counts the ports dsnat tried in vain; here a port comes from a list of free ones, so it is 0, shared and held ports or not:
 * those are in the other forms of the listing.
 */
export function renderIpvsadmZones(rows: readonly ZoneRow[]): string {
  const lines = [['NET/MASK', 'TOTAL', 'SNAT_IP', 'CONFLICTS', 'CONNS']];
  for (const zone of rows.filter(({ state }) => state === 'active')) {
    for (const match of zone.match) lines.push([netMask(match), String(zone.localAddresses.length), '']);
    for (const { address, sessions } of zone.localAddresses) lines.push(['', '', address, '0', String(sessions)]);
  }
  return lines
    .map((line) => `${line.map((cell, i) => cell.padEnd(cell === '' && i === 2 ? 0 : WIDTHS[i]!)).join(' ')}\n`)
    .join('');
}

const WIDTHS = [30, 8, 20, 10, 10] as const;

/** "1.1.0.0/16" -> "1.1.0.0/255.255.0.0" */
function netMask(written: string): string {
  const prefix = parsePrefix(written, true);
  if (isFault(prefix)) return written;
  return `${formatIpv4(prefix.value.address)}/${formatIpv4(maskOf(prefix.value.length))}`;
}
