import type { Config } from '../../src/config/config.js';
import { type Built, buildSnapshot } from '../../src/control/buildSnapshot.js';
import { NO_NETWORKS, type ServiceView } from '../../src/control/dvr/view/hostView.js';
import type { StateIndex } from '../../src/control/stateIndex.js';
import { type MemoryFrame, MemoryIface } from '../../src/io/memoryIface.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { NETWORK_IFACE } from '../../src/tables/rifs.js';
import { Arena } from '../../src/wire/memory.js';
import { configOf, type WorldOptions } from './worldParts.js';

/**
 * The gateway of a configuration as an SNAT service of networks: the same interfaces, routes, zones and mappings, by which it must do to every
 * frame what the gateway does. Beside it there may be others with the same addresses inside.
 */

/**
 * The service that does what a configuration says. `name` is put before the names of its interfaces and zones; '' for none. Without a zone it
 * translates nothing. A zone called `own` has the outside interface's own address, as that of a Neutron router.
 */
export function serviceOf(config: Config, name: string): ServiceView {
  const masked = config.zones.find((zone) => zone.name === 'own')?.localAddresses[0];
  const own = (of: string): string => (name === '' ? of : `${name}:${of}`);
  return {
    name: `snat-${name}`,
    router: name,
    rifs: config.ifaces.map((iface) => ({
      ...{ name: own(iface.name), network: networkOf(own(iface.name)), mac: iface.mac },
      address: { ...iface.addresses[0]!, ...(iface.role === 'outside' && masked !== undefined ? { address: masked } : {}) },
      ...{ isGateway: false, role: iface.role, translates: config.zones.length > 0 },
    })),
    routes: config.routes.map((route) => ({
      ...route,
      nexthops: route.nexthops.map((hop) => ({ ...hop, dev: hop.dev && own(hop.dev) })),
    })),
    rules: config.rules,
    zones: config.zones.map((zone) => ({ ...zone, name: own(zone.name) })),
    ofGateways: gatewaysOf(config),
    reject: config.reject,
    staticMappings: config.staticMappings,
  };
}

/** Zones called `IFACE/...` are those of what leaves by outside interface IFACE; without such names there is one gateway. */
function gatewaysOf({ ifaces, zones }: Config): ServiceView['ofGateways'] {
  const outside = ifaces.filter(({ role }) => role === 'outside').map(({ name }) => name);
  const all = outside.map((name) => zones.flatMap((zone, i) => (zone.name.startsWith(`${name}/`) ? [i] : [])));
  if (all.flat().length === 0) return [];
  return all.map((own) => ({ first: own[0] ?? 0, count: own.length, sources: undefined }));
}

function networkOf(rif: string): string {
  return `net-${rif}`;
}

/** Tables of a gateway that has nothing but these services; timers and limits are those of `config`. */
export function buildServices(
  config: Config,
  services: readonly ServiceView[],
  index: StateIndex,
  generation: number,
  epoch: number,
  before: Built | undefined,
): Built {
  const rest = { ...config, ifaces: [], routes: [], zones: [], staticMappings: [], neighbors: [], nexthopProbes: [] };
  const networks = services
    .flatMap(({ rifs }) => rifs)
    .map(({ network }) => ({
      ...{ name: network, type: 'local' as const, id: 0, physnet: undefined, mtu: 1500 },
      ...{ floodUnknown: false, strictArp: false, external: false, presentOn: [] },
    }));
  const neighbors = config.neighbors.map(({ dev, address, mac }) => ({ rif: dev, address, mac }));
  const view = { ...NO_NETWORKS, networks, services, neighbors };
  return buildSnapshot(rest, [], index, generation, epoch, [], before, view);
}

/** A network in memory, by a router interface of it: frames to that one, and what it sends. */
export class NetworkSide extends MemoryIface {
  /** Frames pushed, which no counter of a device knows. */
  pushed = 0;

  constructor(
    name: string,
    cx: PipelineContext,
    readonly rif: number,
  ) {
    super(name, cx, () => {}, NETWORK_IFACE);
  }

  override push(frame: MemoryFrame): void {
    this.pushed++;
    super.push({ ...frame, tag: this.rif });
  }
}

function servicesOf(asService: WorldOptions['asService'], config: Config): ServiceView[] | undefined {
  if (asService === undefined || asService === false) return undefined;
  if (asService === true) return [serviceOf(config, '')];
  return Object.entries(asService).map(([name, yaml]) => serviceOf(configOf(yaml), name));
}

/** Interfaces of the world, in order. */
export function sidesOf({ asService }: WorldOptions, config: Config): string[] {
  const services = servicesOf(asService, config);
  return (services === undefined ? config.ifaces : services.flatMap(({ rifs }) => rifs)).map(({ name }) => name);
}

/** Devices of a gateway by their names, or the networks of a service's interfaces. `leaves` gets what is sent, and by which. */
export function openSides(
  { asService }: WorldOptions,
  names: readonly string[],
  cx: PipelineContext,
  index: StateIndex,
  leaves: (i: number, frame: MemoryFrame) => void,
): MemoryIface[] {
  if (asService === undefined || asService === false)
    return names.map((name, i) => new MemoryIface(name, cx, (frame) => leaves(i, frame), i));
  const rifs = names.map((name) => index.rif(name));
  cx.toNetwork = ({ memory: { u8 } }, rif, at, length) =>
    leaves(rifs.indexOf(rif), { octets: u8.slice(at, at + length), virtio: u8.slice(at - Arena.VirtioHeader, at) });
  return names.map((name, i) => new NetworkSide(name, cx, rifs[i]!));
}

/** Frames that networks have given; undefined of a gateway, whose devices count them. */
export function pushedInto(sides: readonly MemoryIface[]): number | undefined {
  const networks = sides.filter((side) => side instanceof NetworkSide);
  return networks.length === 0 ? undefined : networks.reduce((sum, { pushed }) => sum + pushed, 0);
}

/** The tables of a configuration: the gateway's, or those of a service that does the same. */
export function buildWorld(
  { asService }: WorldOptions,
  config: Config,
  mtus: readonly number[],
  index: StateIndex,
  generation: number,
  epoch: number,
  before: Built | undefined,
): Built {
  const services = servicesOf(asService, config);
  return services === undefined
    ? buildSnapshot(config, mtus, index, generation, epoch, [], before)
    : buildServices(config, services, index, generation, epoch, before);
}
