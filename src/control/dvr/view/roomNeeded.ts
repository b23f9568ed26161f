import type { Config } from '../../../config/config.js';
import { deviceOn } from '../../../objects/binding.js';
import { grouped } from '../../../objects/grouped.js';
import type { Objects } from '../../../objects/model.js';
import { ROOM, type RoomTable } from '../../stateIndex.js';
import { FloatingPlacement } from '../placement/floatingPlacement.js';
import { Placement } from '../placement/placement.js';
import { snatHostsOf } from '../placement/snatPlacement.js';
import { VirtualAddresses } from '../placement/virtualAddresses.js';
import { exitsOf } from './exitsOf.js';
import { NO_NUMBERS } from './floatingNumbers.js';
import { needsOfConfig } from './hostRoom.js';
import { subnetsByName } from './redirect.js';
import { REMEDIES, TABLES } from './roomBook.js';
import { servicesOf } from './servicesOf.js';

/** Something that a host would need more of than it has room for. */
export interface RoomLack {
  readonly host: string;
  /** "zones" */
  readonly what: string;
  readonly needs: number;
  readonly room: number;
  readonly remedy: string;
}

type Counts = Readonly<Record<RoomTable, number>>;

/** What is added to what a host needs, and has room for, where its configuration is known. */
interface Own {
  readonly needs: Counts;
  readonly addresses: number;
}

/**
 * Hosts that have no room for all that these objects want of them, by the tables that fitView goes by. SNAT services are counted
 * where they are while nobody has drained or lost anything. `config`: of the only host that is looked at; without it local
 * addresses, whose number it limits, are not counted.
 */
export function lackingRoom(objects: Objects, config?: Config): RoomLack[] {
  const own = config === undefined ? undefined : ownOf(config);
  const hosts = objects.hosts.flatMap(({ name }) => (config === undefined || config.host?.name === name ? [name] : []));
  const counted = counterOf(objects, mayLack(objects, own));
  return hosts.flatMap((host) => {
    const needs = counted(host);
    return (Object.keys(TABLES) as RoomTable[]).flatMap((table): RoomLack[] => {
      const room = table === 'addresses' ? (own?.addresses ?? Number.POSITIVE_INFINITY) : ROOM[table];
      const all = needs[table] + (own?.needs[table] ?? 0);
      return all <= room ? [] : [{ host, what: TABLES[table], needs: all, room, remedy: REMEDIES[table] }];
    });
  });
}

function ownOf(config: Config): Own {
  const { rifs = [], zones = [], addresses = [] } = needsOfConfig(config);
  const needs = { lports: 0, rifs: rifs.length, zones: zones.length, addresses: addresses.length, routers: 0 };
  return { needs, addresses: config.limits.localAddresses };
}

/** True when a host that had everything would lack room for it, but for ports: then each is to be looked at, which takes its time. */
function mayLack({ routers, rifs, networks, floatingIps }: Objects, own: Own | undefined): boolean {
  const gateways = routers.flatMap((router) => router.gateways);
  const external = networks.filter((network) => network.external === true).length;
  const zones = gateways.flatMap((gateway) => gateway.zones);
  const addresses = zones.reduce((sum, { localAddresses, draining }) => sum + localAddresses.length + draining.length, 0);
  const most: Counts = {
    lports: 0,
    rifs: 2 * rifs.length + gateways.length * 3 + external + floatingIps.length,
    zones: zones.length,
    addresses: own === undefined ? 0 : addresses,
    routers: 2 * routers.length + external,
  };
  return (Object.keys(most) as RoomTable[]).some((table) => {
    const room = table === 'addresses' ? (own?.addresses ?? 0) : ROOM[table];
    return most[table] + (own?.needs[table] ?? 0) > room;
  });
}

/** What a host needs rows for. `all`: of every table; else only ports are counted. */
function counterOf(objects: Objects, all: boolean): (host: string) => Counts {
  const ports = (host: string): number => objects.lports.filter((port) => deviceOn(port, host) !== undefined).length;
  if (!all) return (host) => ({ lports: ports(host), rifs: 0, zones: 0, addresses: 0, routers: 0 });
  const snatHosts = snatHostsOf(objects);
  const placement = new Placement(objects, snatHosts);
  const floating = new FloatingPlacement(objects, new VirtualAddresses(objects.lports), []);
  const subnets = subnetsByName(objects);
  const ofRouter = grouped(objects.rifs, ({ router }) => router);
  return (host) => {
    const replicas = placement.routersOf(host);
    const services = servicesOf(objects, host, snatHosts, subnets, () => []);
    const { exits } = exitsOf(objects, host, replicas, floating.on(host), NO_NUMBERS, subnets);
    const zones = services.flatMap((service) => service.zones);
    const rifs = [
      ...[...replicas].map((router) => ofRouter.get(router)?.length ?? 0),
      ...services.map((service) => service.rifs.length),
      ...exits.map(({ pairs, floating: own }) => 1 + 2 * pairs.length + own.filter((one) => one.own !== undefined).length),
    ];
    return {
      lports: ports(host),
      rifs: rifs.reduce((sum, count) => sum + count, 0),
      zones: zones.length,
      addresses: new Set(zones.flatMap(({ localAddresses, draining }) => [...localAddresses, ...draining])).size,
      routers: replicas.size + services.length + exits.length,
    };
  };
}
