import type { Config, TcpConfig, ZoneConfig } from '../config/config.js';
import { TICK_MS } from '../shared/control.js';
import { sharedWords, sharedWordsOf } from '../shared/words.js';
import { Limit, Midstream, PERMANENT_NOWHERE, type Snapshot, Timeout } from '../tables/snapshot.js';
import type { Zones } from '../tables/zones.js';
import type { Mac } from '../types/mac.js';
import { announcedRows } from './announced.js';
import { type BuiltAddress, buildAddresses, type DrainingAddress, listAddresses } from './buildAddresses.js';
import { type BuiltProbe, buildProbes, probeSpecs } from './buildProbes.js';
import { type BuiltRif, buildRifs, listRifs } from './buildRifs.js';
import { buildStatics, reservedPorts, staticEntries } from './buildStatics.js';
import { buildZones } from './buildZones.js';
import {
  type BuiltRouter,
  buildRouters,
  listNetworkRifs,
  routerScopeOf,
  routersOf,
  tablesOfRouters,
} from './dvr/tables/buildRouters.js';
import { buildSwitching, type FabricSlots, NO_FABRIC } from './dvr/tables/buildSwitching.js';
import { type HostView, NO_NETWORKS } from './dvr/view/hostView.js';
import { keepTables } from './keepTables.js';
import { buildMetadata } from './metadata/buildMetadata.js';
import { listStands, type StandIn } from './metadata/stands.js';
import { compileFib } from './routing/compileFib.js';
import { FibStore } from './routing/fibStore.js';
import type { StateIndex } from './stateIndex.js';

/** Frames that may wait for one neighbour, and for how long (D18). */
const QUEUE_FRAMES = 64;
const QUEUE_MS = 1000;
const midstreams: Readonly<Record<TcpConfig['midstream'], Midstream>> = {
  drop: Midstream.Drop,
  reset: Midstream.Reset,
  adopt: Midstream.Adopt,
};

/** A configuration compiled: what workers get, and the lists `show` prints. */
export interface Built {
  readonly config: Config;
  readonly snapshot: Snapshot;
  readonly rifs: readonly BuiltRif[];
  /** MTUs the devices had, one per configured interface. */
  readonly mtus: readonly number[];
  readonly addresses: readonly BuiltAddress[];
  /** Those of the configuration, then those of SNAT services: in the order of the data plane's rows. */
  readonly zones: readonly ZoneConfig[];
  /** Main's side of the routing tables; the next configuration changes what differs. */
  readonly fibStore: FibStore;
  /** Next hops that are probed, in the order of the configuration. */
  readonly probes: readonly BuiltProbe[];
  /** Replicas of distributed routers. */
  readonly routers: readonly BuiltRouter[];
  /** What this host knows of the networks. */
  readonly view: HostView;
  /** Who asks the metadata endpoint of this host, and by which address. */
  readonly stands: readonly StandIn[];
  /** Local addresses that take no new session. */
  readonly draining: readonly DrainingAddress[];
}

/** Compiles a checked configuration (D6). `mtus` are the devices' MTUs, one per configured interface. */
export function buildSnapshot(
  config: Config,
  mtus: readonly number[],
  index: StateIndex,
  generation: number,
  epoch: number,
  draining: readonly DrainingAddress[] = [],
  before: Pick<Built, 'fibStore' | 'probes' | 'routers'> & Partial<Pick<Built, 'snapshot'>> = {
    fibStore: new FibStore(),
    probes: [],
    routers: [],
  },
  view: HostView = NO_NETWORKS,
  slots: FabricSlots = NO_FABRIC,
): Built {
  const own = listRifs(config, mtus, index);
  const ofNetworks = listNetworkRifs(view, index);
  const rifs = [...own, ...ofNetworks];
  // An address that starts its life draining has a pool too: it may become active.
  for (const { draining: named, ports } of config.zones)
    for (const address of named) index.address(address, ports.low, ports.high);
  const addresses = listAddresses(config, own, draining);
  // Those of devices and those of networks are told apart: objects do not know how the interfaces of a host are called.
  const [byName, ofNetwork] = [own, ofNetworks].map((some) => new Map(some.map((rif) => [rif.config.name, rif.index]))) as [
    Map<string, number>,
    Map<string, number>,
  ];
  const scopes = [config, ...routersOf(view).map((router) => routerScopeOf(router, config.routing))];
  const [zones, ...zonesOf] = buildZones(scopes, index) as [Zones, ...Zones[]];
  const fibStore = compileFib(config, own, draining, index.addresses(), before.fibStore);
  const routers = buildRouters(view, ofNetworks, config.routing, index, before.routers);
  const probes = buildProbes(config.nexthopProbes, byName, generation, before.probes);
  const pools = index.addresses();
  const statics = buildStatics(staticEntries(config));
  const stands = listStands(view, config.host?.metadata, index);
  const tables = { fibs: fibStore.snapshot(), addresses: buildAddresses(addresses, pools), zones, statics };
  const made: Snapshot = {
    generation,
    epoch,
    rifs: buildRifs(rifs),
    ...{ fib: tables.fibs, addresses: tables.addresses, zones, statics },
    routers: tablesOfRouters(tables, routers, zonesOf, pools),
    switching: buildSwitching(view, ofNetworks, index, slots, buildMetadata(stands, config.host?.metadata, index)),
    reservedPorts: sharedWordsOf(scopes.flatMap((scope) => reservedPorts(scope, pools))),
    timeouts: timeouts(config),
    limits: limits(config),
    announce: sharedWordsOf(announcedRows(addresses, routers, view, (name) => index.network(name))),
    probes: sharedWordsOf(probeSpecs(probes)),
    permanent: sharedWordsOf([
      ...config.neighbors.flatMap(({ dev, address, mac }) => permanent(byName.get(dev)!, address, mac)),
      ...view.neighbors.flatMap((one) => permanent(ofNetwork.get(one.rif)!, one.address, one.mac, one.isNowhere)),
    ]),
  };
  const snapshot = keepTables(made, before.snapshot);
  const all = scopes.flatMap((scope) => scope.zones);
  return { config, snapshot, rifs, mtus, addresses, zones: all, fibStore, probes, routers, view, stands, draining };
}

function permanent(rif: number, address: number, mac: Mac, isNowhere = false): number[] {
  const tail = mac[4]! | (mac[5]! << 8) | (isNowhere ? PERMANENT_NOWHERE : 0);
  return [rif, address, mac[0]! | (mac[1]! << 8) | (mac[2]! << 16) | (mac[3]! << 24), tail];
}

function timeouts({ timers, neighborTimers }: Config): Int32Array {
  const table = sharedWords(Timeout.Count);
  table[Timeout.Udp] = ticks(timers.udp);
  table[Timeout.UdpUnanswered] = ticks(timers.udpUnanswered);
  table[Timeout.Icmp] = ticks(timers.icmp);
  table[Timeout.TcpHalfOpen] = ticks(timers.tcpHalfOpen);
  table[Timeout.TcpEstablished] = ticks(timers.tcpEstablished);
  table[Timeout.TcpHalfClosed] = ticks(timers.tcpHalfClosed);
  table[Timeout.TcpClosing] = ticks(timers.tcpClosing);
  table[Timeout.TcpReset] = ticks(timers.tcpReset);
  table[Timeout.PortHold] = ticksOrOff(timers.portHold);
  table[Timeout.Fragment] = ticks(timers.fragment);
  table[Timeout.UnsolicitedSyn] = ticks(timers.unsolicitedSyn);
  table[Timeout.UdpShort] = ticksOrOff(timers.udpShort);
  table[Timeout.Other] = ticks(timers.other);
  table[Timeout.NeighborReachable] = ticks(neighborTimers.reachable);
  table[Timeout.NeighborRetry] = ticks(neighborTimers.retry);
  table[Timeout.NeighborFailed] = ticks(neighborTimers.failed);
  table[Timeout.NeighborIdle] = ticks(neighborTimers.stale);
  return table;
}

function limits({ limits: l, neighborTimers, tcp, icmp }: Config): Int32Array {
  const table = sharedWords(Limit.Count);
  table[Limit.NeighborProbes] = neighborTimers.probes;
  table[Limit.NeighborQueue] = QUEUE_FRAMES;
  table[Limit.NeighborQueueTicks] = QUEUE_MS / TICK_MS;
  table[Limit.IcmpPerHostRate] = l.icmpErrorsPerSource.perSecond;
  table[Limit.IcmpPerHostBurst] = l.icmpErrorsPerSource.burst;
  table[Limit.IcmpRate] = l.icmpErrorsGlobal.perSecond;
  table[Limit.IcmpBurst] = l.icmpErrorsGlobal.burst;
  table[Limit.HeldPorts] = l.heldPorts;
  table[Limit.FragmentDatagrams] = l.fragments.datagrams;
  table[Limit.FragmentKib] = l.fragments.memory / 1024;
  table[Limit.FragmentsPerDatagram] = l.fragments.perDatagram;
  table[Limit.Midstream] = midstreams[tcp.midstream];
  table[Limit.Mss] = tcp.mss === 'off' ? 0 : tcp.mss === 'pmtu' ? -1 : tcp.mss;
  table[Limit.ResetOnExpiry] = Number(tcp.resetOnExpiry);
  table[Limit.AnswerUnsolicited] = Number(tcp.answerUnsolicited);
  table[Limit.AnswerEcho] = Number(icmp.answerEchoToLocalAddresses);
  return table;
}

/** At least one tick; a timer never ends early, so it is rounded up. */
function ticks(ms: number): number {
  return Math.max(1, Math.ceil(ms / TICK_MS));
}

function ticksOrOff(ms: number): number {
  return ms === 0 ? 0 : ticks(ms);
}
