import { Verdict } from '../../shared/verdict.js';
import { AddressKind } from '../../tables/addresses.js';
import { Adjacency } from '../../tables/neighbors.js';
import { swapPort } from '../../tables/portBlocks.js';
import { Rif } from '../../tables/rifs.js';
import { Session } from '../../tables/sessions.js';
import { isMartianSource, Protocol } from '../../wire/ipv4.js';
import { type Entry, isInside } from './entry.js';
import { inwardStages, turnedStages } from './inwardStages.js';
import { largestPacket, packetText } from './packetText.js';
import { kindOf, neighborText, type Scene, type Stage, text } from './scene.js';
import { sessionLine } from './sessionLine.js';
import { translation } from './translation.js';
import { stepsText, tellWay, type WayTold } from './wayTold.js';
import type { Packet } from './writePacket.js';

/** Verdicts about a packet that is not what its headers say. */
const UNSOUND = [
  ...[Verdict.DropShortFrame, Verdict.DropTcpHeader, Verdict.DropUdpLength, Verdict.DropIcmpShort, Verdict.DropVirtioHeader],
  ...[Verdict.DropIpShort, Verdict.DropIpVersion, Verdict.DropIpHeaderLength, Verdict.DropIpTotalLength, Verdict.DropIpChecksum],
  ...[Verdict.DropSourceRoute, Verdict.DropFragmentMalformed, Verdict.DropIcmpErrorMalformed],
];
/** Verdicts about what comes from outside. */
const NOT_LET_IN = [
  ...[Verdict.DropNoSession, Verdict.DropFiltered, Verdict.DropUnsolicitedSyn],
  ...[Verdict.DropIcmpError, Verdict.DropIcmpErrorMalformed, Verdict.DropIcmpType],
];

/** Verdicts about what is for the router itself. */
export const FOR_ITSELF = [
  ...[Verdict.DropLocalUnknown, Verdict.DropLocalReset, Verdict.DropLocalPort, Verdict.DropLocalProtocol],
  ...[Verdict.DropLocalIcmp, Verdict.DropLocalFragment, Verdict.DropLocalChecksum, Verdict.DropFragment, Verdict.EchoAnswered],
  ...[Verdict.ProbeAnswered, Verdict.DropLocalNoWayBack],
];

/**
 * The stages of the pipeline in the order in which they look at a packet (pipeline/forward.ts, resolve/resolve.ts), told from the
 * tables alone. Which of them decided is not decided here: the verdict of the rehearsal says it, and the telling ends there.
 */
export function* stages(scene: Scene, entry: Entry): Generator<Stage> {
  yield arrival(scene, entry);
  yield packetStage(scene.packet);
  yield* decision(scene);
}

export function packetStage(packet: Packet): Stage {
  return { step: 'packet', found: packetText(packet), decides: UNSOUND };
}

/** What a router that keeps sessions looks at: the gateway, or an SNAT service of networks. */
export function* decision(scene: Scene): Generator<Stage> {
  const { entry, packet, found, shown } = scene;
  if (scene.last.verdict === Verdict.DropReversePath) yield reversePath(scene);
  yield {
    step: 'session',
    found: found === undefined ? noSession(scene) : sessionLine(shown, found),
    decides: found === undefined ? [] : [Verdict.DropTcpState],
  };
  const { out, back } = scene.rehearsal;
  if (found !== undefined) {
    if (out !== undefined && back !== undefined) yield* turnedStages(scene, back);
    yield* sessionsWay(scene, back === undefined ? found.words : (scene.last.turned ?? found.words));
    return;
  }
  yield* addresses(scene);
  const kind = kindOf(scene, packet.destination);
  yield* destinations(scene, kind);
  if (!entry.inside) {
    if (scene.last.session !== undefined) yield* sessionsWay(scene, scene.last.session);
    return;
  }
  if (kind === AddressKind.Zone) {
    yield* translation(scene, () => []);
    if (back === undefined) return;
    yield* turnedStages(scene, back);
    if (scene.last.turned !== undefined) yield* sessionsWay(scene, scene.last.turned);
    return;
  }
  const way = tellWay(scene, { ...packet, rif: entry.rif });
  yield* routing(way);
  if (way.rif < 0) return;
  yield ttl(packet);
  if (way.nat !== 0) yield { step: 'nat', found: `by the rule: the source becomes ${text(way.nat)}, no session`, decides: [] };
  else if (isInside(shown.built.snapshot.rifs, way.rif)) yield { step: 'nat', found: 'none: from inside to inside', decides: [] };
  else {
    yield* translation(scene, () => wayOut(scene, way));
    return;
  }
  yield* wayOut(scene, way);
}

/** The rules that matched, and the route that decided. */
export function* routing(way: WayTold): Generator<Stage> {
  yield { step: 'rules', found: stepsText(way), decides: [] };
  yield {
    step: 'route',
    found: way.text,
    decides: [
      ...[Verdict.DropNoRoute, Verdict.DropRouteBlackhole, Verdict.DropRouteProhibit, Verdict.DropRouteUnreachable],
      Verdict.DropBroadcast,
    ],
  };
}

/** The way of a packet that has a session, outward or to its inside host. */
function* sessionsWay(scene: Scene, session: Int32Array): Generator<Stage> {
  const outward = scene.entry.inside && scene.rehearsal.back === undefined;
  const inside = { address: session[Session.InsideAddress]!, port: swapPort(session[Session.OutwardPorts]! & 0xffff) };
  const remote = { address: session[Session.RemoteAddress]!, port: swapPort(session[Session.InwardPorts]! & 0xffff) };
  const [from, to] = outward ? [inside, remote] : [remote, inside];
  const way = tellWay(scene, {
    source: from.address,
    destination: to.address,
    sourcePort: from.port,
    destinationPort: to.port,
    rif: scene.entry.rif,
  });
  yield* routing(way);
  yield ttl(scene.packet);
  yield* wayOut(scene, way.rif < 0 ? undefined : way);
}

export function arrival({ shown }: Pick<Scene, 'shown'>, entry: Entry): Stage {
  const { iface, vlan, rif } = entry;
  const { rifs } = shown.built.snapshot;
  const tag = vlan === 0 ? 'untagged' : `VLAN ${vlan}`;
  const role =
    rif < 0 ? 'no router interface' : `${entry.inside ? 'inside' : 'outside'}, MTU ${rifs.rows[rif * Rif.Words + Rif.Mtu]}`;
  return {
    step: 'iface',
    found: `${iface.name}: ${iface.device.kind} ${iface.device.device}, ${tag}, ${role}, ${shown.links.state(iface.device)}`,
    decides: [
      ...[Verdict.DropVlanUnknown, Verdict.DropEtherType, Verdict.DropLinkControl],
      ...[Verdict.DropNotForUs, Verdict.DropGroupMac],
    ],
  };
}

/** Only told when it decides: nobody else has a filter. */
function reversePath(scene: Scene): Stage {
  const { entry, packet } = scene;
  const back = tellWay(scene, {
    source: packet.destination,
    destination: packet.source,
    sourcePort: packet.destinationPort,
    destinationPort: packet.sourcePort,
    rif: -1,
  });
  return {
    step: 'source',
    found: `${text(packet.source)} came in by ${entry.name}, the way back to it: ${back.text === 'none' ? 'no route' : back.text}`,
    decides: [Verdict.DropReversePath],
  };
}

/** A packet that can have a session at all says which way it looked. */
function noSession({ entry, packet, rehearsal }: Scene): string {
  const flow = [Protocol.Tcp, Protocol.Udp, Protocol.Icmp].includes(packet.protocol);
  const isFixed = ((rehearsal.out ?? rehearsal.back)?.fixed ?? -1) >= 0;
  if (!flow && !isFixed) return 'none: only TCP, UDP and ICMP echo have sessions';
  return entry.inside ? 'none with this inside and remote endpoint' : 'none with this remote and external endpoint';
}

export function* addresses(scene: Scene): Generator<Stage> {
  const { packet, last } = scene;
  const decides = [Verdict.DropMartianSource, Verdict.DropMulticast, Verdict.DropBroadcast, Verdict.DropMartianDestination];
  if (last.verdict === Verdict.DropMartianSource) {
    const own = kindOf(scene, packet.source);
    const isOwn = own !== undefined && own !== AddressKind.Connected;
    const { rif } = tellWay(scene, { ...packet, source: 0, destination: packet.source, rif: -1 });
    const leadsInside = !isMartianSource(packet.source) && rif >= 0 && isInside(scene.shown.built.snapshot.rifs, rif);
    const why = isOwn ? 'is one of our own' : leadsInside ? 'is an inside address' : 'no sender may have';
    yield { step: 'source', found: `${text(packet.source)} ${why}`, decides };
  } else if (decides.includes(last.verdict) && kindOf(scene, packet.destination) !== AddressKind.Broadcast)
    yield { step: 'to', found: `${text(packet.destination)} is no address of a host`, decides };
}

/** What is decided by the destination before a way out is looked for. */
function* destinations(scene: Scene, kind: AddressKind | undefined): Generator<Stage> {
  const { entry, packet, rehearsal, last, self } = scene;
  const to = text(packet.destination);
  if (kind === AddressKind.Local)
    yield {
      step: 'to',
      found: `${to} is the ${self} itself`,
      decides: FOR_ITSELF,
    };
  if (kind === AddressKind.Zone) yield { step: 'to', found: `${to} is ${ownAddress(scene)}`, decides: [] };
  if (!entry.inside && rehearsal.back !== undefined) {
    yield* inwardStages(scene, rehearsal.back);
    if (last.session === undefined)
      yield {
        step: 'from',
        found: 'outside: only what a session, a mapping or a static mapping lets in comes in',
        decides: NOT_LET_IN,
      };
  }
  if (kind === AddressKind.Broadcast)
    yield { step: 'to', found: `${to} is the network or broadcast address of a subnet`, decides: [Verdict.DropBroadcast] };
}

/** What a Zone route's address is for. */
function ownAddress({ packet, shown }: Scene): string {
  const { zones, staticMappings } = shown.built.config;
  const zone = zones.find(({ localAddresses }) => localAddresses.some((one) => one === packet.destination));
  if (zone !== undefined) return `a local address of zone ${zone.name}`;
  const fixed = staticMappings.find(({ external }) => external.address === packet.destination);
  if (fixed === undefined) return 'a local address that is draining';
  return `the external address of ${fixed.name === undefined ? 'a static mapping' : `static mapping ${fixed.name}`}`;
}

export function ttl({ ttl: hops }: Packet): Stage {
  return {
    step: 'ttl',
    found: hops <= 1 ? `${hops} runs out here` : `${hops} > ${hops - 1}`,
    decides: [Verdict.DropTtlExceeded],
  };
}

/** Neighbour and size. Without a way the session's own next hop counts. */
export function* wayOut(scene: Scene, way?: WayTold): Generator<Stage> {
  const { entry, packet, last, rehearsal, shown } = scene;
  const session = last.turned ?? last.session;
  const outward = entry.inside && last.turned === undefined;
  const adjacency = session?.[outward ? Session.OutwardAdjacency : Session.InwardAdjacency] ?? -1;
  const rows = last.neighbors;
  const hop =
    way ?? (adjacency < 0 ? undefined : { rif: rows[adjacency + Adjacency.Rif]!, hop: rows[adjacency + Adjacency.Address]! });
  if (hop === undefined) return;
  const waits = rehearsal.answered === undefined ? '' : '; the packet waits, at most 1 s';
  const full =
    rehearsal.waiting === 0 ? '' : `; ${rehearsal.waiting} frame${rehearsal.waiting === 1 ? ' waits' : 's wait'} already`;
  yield {
    step: 'neighbor',
    found: `${neighborText(scene, hop.rif, hop.hop)}${waits}${full}`,
    decides: [
      ...[Verdict.DropNeighborFailed, Verdict.DropNeighborTableFull, Verdict.DropNeighborQueueFull, Verdict.Queued],
      Verdict.DropSnatNowhere,
    ],
  };
  const mtu = way?.mtu ?? shown.built.snapshot.rifs.rows[hop.rif * Rif.Words + Rif.Mtu]!;
  const octets = largestPacket(packet);
  const fits = octets <= mtu;
  const how = packet.dontFragment ? 'too big, and must not be fragmented' : 'too big, is fragmented';
  yield {
    step: 'size',
    found: `${octets} octets, MTU ${mtu}: ${fits ? 'fits' : how}`,
    decides: [Verdict.DropFragmentationNeeded, Verdict.DropMtuTooSmall, Verdict.DropScratchFull],
  };
}
