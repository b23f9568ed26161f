import type { Report } from '../issues.js';
import type { PartialEntries } from '../readEntries.js';

/**
 * Most of what a gateway has tables for, whatever `limits` says. A file with more is refused before anything else is compared:
 * the other checks look at pairs.
 */
export const enum Room {
  /** Devices: the addon's handles. */
  Ifaces = 30,
  /** Router interfaces: interfaces and VLANs together. */
  Rifs = 8192,
  /** Addresses of all router interfaces. */
  RouterAddresses = 1024,
  Zones = 1023,
  /** Source prefixes of all zones. */
  Matches = 16_384,
  /** Local addresses of all zones, whatever their state. */
  LocalAddresses = 8192,
  StaticMappings = 8192,
}

/** Reports what there is no room for; false: there was something. */
export function checkRoom(entries: PartialEntries, report: Report): boolean {
  let fits = true;
  const most = (at: string, count: number, room: Room, what: string): void => {
    if (count <= room) return;
    fits = false;
    report(
      'error',
      [at],
      `${count} ${what} are more than a gateway has room for (${room})`,
      'Divide them among several gateways.',
    );
  };
  const { ifaces = [], zones = [], host } = entries;
  most('ifaces', ifaces.length + (host?.physnets.length ?? 0), Room.Ifaces, 'devices');
  const rifs = ifaces.flatMap((iface) => (iface === undefined ? [] : [iface, ...iface.vlans]));
  most('ifaces', rifs.length, Room.Rifs, 'router interfaces (interfaces and VLANs)');
  most(
    'ifaces',
    sum(rifs, ({ addresses }) => addresses.length),
    Room.RouterAddresses,
    'router addresses',
  );
  most('zones', zones.length, Room.Zones, 'zones');
  most(
    'zones',
    sum(zones, (zone) => zone?.match.length ?? 0),
    Room.Matches,
    'source prefixes',
  );
  const local = sum(zones, (zone) => sum(zone?.localAddresses ?? [], ({ address }) => address.high - address.low + 1));
  most('zones', local, Room.LocalAddresses, 'local addresses');
  most('staticMappings', entries.staticMappings?.length ?? 0, Room.StaticMappings, 'static mappings');
  return fits;
}

function sum<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
