import { formatPrefix } from '../types/ipv4.js';
import type { PerProtocol, ZoneConfig } from './config.js';
import { addressRuns, rateText } from './words.js';

/** A zone as the file holds it, with every default written out. */
export function zoneTree(zone: ZoneConfig): Record<string, unknown> {
  const { name, match, localAddresses, draining, removed, ports, pooling, protocols, reject } = zone;
  const inState = (state: string, addresses: ZoneConfig['draining']) =>
    addressRuns(addresses).map((address) => ({ address, state }));
  const { newSessions, ...counts } = zone.hostLimits;
  return {
    name,
    match: match.map(formatPrefix),
    localAddresses: [...addressRuns(localAddresses), ...inState('draining', draining), ...inState('removed', removed)],
    ports: `${ports.low}-${ports.high}`,
    pooling,
    protocols: [...protocols],
    mapping: shortest(zone.mapping),
    filtering: shortest(zone.filtering),
    overload: shortest(zone.overload),
    hostLimits: { ...counts, newSessions: newSessions === 'off' ? newSessions : rateText(newSessions) },
    ...(reject === undefined ? {} : { reject }),
  };
}

/** One value when all protocols have the same. */
export function shortest<T>({ tcp, udp, icmp }: PerProtocol<T>): T | PerProtocol<T> {
  return tcp === udp && udp === icmp ? tcp : { tcp, udp, icmp };
}
