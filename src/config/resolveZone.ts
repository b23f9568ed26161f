import { formatPrefix, network } from '../types/ipv4.js';
import type { FilteringName, MappingName, PerProtocol, Profile, Reject, ZoneConfig } from './config.js';
import { PROTOCOLS } from './perProtocol.js';
import { expand } from './resolve.js';
import type { ZoneEntry } from './zoneSchema.js';

/** What a zone has without being told (D19; zones.md 2.5). */
interface ZoneDefaults {
  readonly ports: ZoneConfig['ports'];
  readonly mapping: PerProtocol<MappingName>;
  readonly reject: Reject | undefined;
}

const defaults: Readonly<Record<Profile, ZoneDefaults>> = {
  default: {
    ports: { low: 1024, high: 65535 },
    mapping: { tcp: 'apdm', udp: 'eim', icmp: 'eim' },
    reject: undefined,
  },
  dsnat: {
    ports: { low: 5000, high: 65535 },
    mapping: { tcp: 'apdm', udp: 'apdm', icmp: 'apdm' },
    reject: 'port-unreach',
  },
};

/** A zone with its name, cleared host bits, one element per local address, and the modes of each protocol. */
export function resolveZone(entry: ZoneEntry, profile: Profile): ZoneConfig {
  const match = entry.match.map(network);
  const usual = defaults[profile];
  const inState = (state: ZoneEntry['localAddresses'][number]['state']) =>
    entry.localAddresses.filter((one) => one.state === state).flatMap((one) => expand(one.address));
  const mapping = filled(entry.mapping, usual.mapping);
  const usualFiltering = (map: MappingName): FilteringName => (map === 'eim' ? 'adf' : 'apdf');
  return {
    name: entry.name ?? formatPrefix(match[0]!),
    match,
    localAddresses: inState('active'),
    draining: inState('draining'),
    removed: inState('removed'),
    ports: entry.ports ?? usual.ports,
    pooling: entry.pooling,
    protocols: entry.protocols ?? PROTOCOLS,
    mapping,
    filtering: filled(entry.filtering, {
      tcp: usualFiltering(mapping.tcp),
      udp: usualFiltering(mapping.udp),
      icmp: usualFiltering(mapping.icmp),
    }),
    overload: filled(entry.overload, { tcp: true, udp: true, icmp: true }),
    hostLimits: entry.hostLimits,
    reject: entry.reject ?? usual.reject,
  };
}

function filled<T>(given: Partial<PerProtocol<T | undefined>> | undefined, usual: PerProtocol<T>): PerProtocol<T> {
  return { tcp: given?.tcp ?? usual.tcp, udp: given?.udp ?? usual.udp, icmp: given?.icmp ?? usual.icmp };
}
