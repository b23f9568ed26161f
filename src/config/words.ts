import { formatIpv4, hostOrder, type WireIpv4 } from '../types/ipv4.js';
import type { Octets } from '../types/units.js';
import type { Endpoint, ProbeConfig, RateLimit, StaticMappingConfig } from './config.js';

/** Values of the configuration as the file writes them; reading the text gives the value back. */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** Whole milliseconds: 7440000 -> "2h4m". */
export function durationText(ms: number): string {
  let left = ms;
  let text = '';
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left -= count * size;
  }
  return text === '' ? '0s' : text;
}

/** A whole number of KiB: 16777216 -> "16MiB" */
export function memoryText(octets: Octets): string {
  const kib = octets / 1024;
  if (kib % 1024 !== 0) return `${kib}KiB`;
  return kib % 1024 ** 2 === 0 ? `${kib / 1024 ** 2}GiB` : `${kib / 1024}MiB`;
}

/** "10/s burst 20" */
export function rateText({ perSecond, burst }: RateLimit): string {
  return `${perSecond}/s burst ${burst}`;
}

/** "127.0.0.1:9473", "[::1]:9473" */
export function listenText({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** "10.0.0.5", "10.0.0.6:80" */
export function endpointText({ address, port }: Endpoint): string {
  return `${formatIpv4(address)}${port === 0 ? '' : `:${port}`}`;
}

/** "203.0.113.5 to 10.0.0.5", "tcp 203.0.113.1:8080 to 10.0.0.6:80 (web)" */
export function staticText({ name, protocol, external, inside }: StaticMappingConfig): string {
  const text = `${endpointText(external)} to ${endpointText(inside)}`;
  return `${protocol === undefined ? '' : `${protocol} `}${text}${name === undefined ? '' : ` (${name})`}`;
}

/** "192.0.2.1 dev wan every 1s, dead after 3, back after 2" */
export function probeText({ address, dev, interval, fails, recovers }: ProbeConfig): string {
  return `${formatIpv4(address)} dev ${dev} every ${durationText(interval)}, dead after ${fails}, back after ${recovers}`;
}

/** Addresses in their order, those that follow each other as a range: "1.2.100.8-1.2.100.10". */
export function addressRuns(addresses: readonly WireIpv4[]): string[] {
  const runs: string[] = [];
  for (let i = 0; i < addresses.length; ) {
    let end = i;
    while (end + 1 < addresses.length && hostOrder(addresses[end + 1]!) === hostOrder(addresses[end]!) + 1) end++;
    // Three at least, or a range is no shorter than its addresses.
    if (end - i >= 2) {
      runs.push(`${formatIpv4(addresses[i]!)}-${formatIpv4(addresses[end]!)}`);
      i = end + 1;
    } else runs.push(formatIpv4(addresses[i++]!));
  }
  return runs;
}
