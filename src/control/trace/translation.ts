import { Stage as Search } from '../../resolve/portWalk.js';
import { Verdict } from '../../shared/verdict.js';
import { Host } from '../../tables/hosts.js';
import { PortSpace } from '../../tables/portBlocks.js';
import { Pooling, Zone } from '../../tables/zones.js';
import { covers, formatPrefix, type WireIpv4 } from '../../types/ipv4.js';
import { protocolName, tcpFlagLetters } from '../../types/trace.js';
import { Protocol } from '../../wire/ipv4.js';
import { portUse } from '../show/portUse.js';
import { mappingText } from './inwardStages.js';
import { fixedStage, hostStage, tableStage } from './limitStages.js';
import type { LiveRow } from './liveRows.js';
import { type Scene, type Stage, text } from './scene.js';

/** Addresses of a zone told one by one. */
const MOST_ADDRESSES = 8;
const UNTRANSLATABLE = [
  Verdict.DropFragment,
  Verdict.DropIcmpError,
  Verdict.DropIcmpErrorMalformed,
  Verdict.DropIcmpType,
  Verdict.DropBadProtocol,
  Verdict.DropTcpFlags,
  Verdict.DropNotSyn,
];

/** The stages of resolve/snat.ts; `wayOut` are those of the next hop, which come between zone and addresses. */
export function* translation(scene: Scene, wayOut: () => Iterable<Stage>): Generator<Stage> {
  const { packet, last, rehearsal } = scene;
  const out = rehearsal.out!;
  if (out.fixed >= 0 && !UNTRANSLATABLE.includes(last.verdict)) {
    yield fixedStage(scene, out.fixed);
    yield* wayOut();
    yield tableStage(scene);
    return;
  }
  if (UNTRANSLATABLE.includes(last.verdict)) {
    const what =
      packet.protocol === Protocol.Tcp
        ? `TCP with flags ${tcpFlagLetters(packet.tcpFlags)} opens no connection`
        : last.verdict === Verdict.DropIcmpError && packet.seen !== undefined
          ? 'an ICMP error is translated when a session sent the packet it is about'
          : `${protocolName(packet.protocol)} is not translated`;
    yield { step: 'nat', found: what, decides: UNTRANSLATABLE };
  }
  const { zone } = out;
  const decides = [Verdict.DropNoZone, Verdict.DropZoneEmpty, Verdict.DropNoService];
  yield { step: 'zone', found: zoneText(scene, zone), decides };
  if (zone < 0) return;
  yield* wayOut();
  yield hostStage(scene, packet.source, out.host, zone);
  if (out.mapping !== undefined) yield { step: 'mapping', found: joinText(scene, out.mapping), decides: [] };
  if (out.mapping === undefined || out.blocked !== undefined)
    yield { step: 'addresses', found: addressesText(scene, zone), decides: [Verdict.DropPortsExhausted] };
  yield tableStage(scene);
}

function joinText(scene: Scene, mapping: LiveRow): string {
  const said = mappingText(scene, mapping);
  if (scene.rehearsal.out?.blocked === undefined) return `${said}, kept`;
  return `${said}, but that port has a session with this remote: another port for this one`;
}

/** `zone`: its row. Those of a router stand together, in the order of its configuration. */
function zoneText({ shown: { built, index }, packet }: Scene, zone: number): string {
  const { zones } = built.config;
  const slot = zone < 0 ? -1 : built.snapshot.zones.rows[zone * Zone.Words + Zone.State]!;
  const place = zones.findIndex(({ name }) => index.zone(name) === slot);
  const found = zones[place];
  if (found === undefined)
    return zones.length === 0
      ? 'none: the configuration has no zones'
      : `none of ${zones.length} matches ${text(packet.source)} (${zones
          .map(({ name }) => name)
          .slice(0, MOST_ADDRESSES)
          .join(', ')}${zones.length > MOST_ADDRESSES ? ', ...' : ''})`;
  const by = found.match.find((prefix) => covers(prefix, packet.source as WireIpv4));
  const name = protocolName(packet.protocol);
  const isOff = !found.protocols.some((one) => one === name);
  const empty = isOff
    ? `, which does not translate ${name}`
    : found.localAddresses.length === 0
      ? ', which has no local addresses'
      : '';
  return `${place + 1} ${found.name}${by === undefined ? '' : `, by ${formatPrefix(by)}`}${empty}`;
}

/** Local addresses in the order in which this packet would try them. */
function addressesText(scene: Scene, zone: number): string {
  const { shown, packet, rehearsal } = scene;
  const { zones } = shown.built.snapshot;
  const z = zone * Zone.Words;
  const [first, count] = [zones.rows[z + Zone.First]!, zones.rows[z + Zone.Count]!];
  const cursor = rehearsal.out?.ports?.start ?? 0;
  const space =
    packet.protocol === Protocol.Tcp ? PortSpace.Tcp : packet.protocol === Protocol.Udp ? PortSpace.Udp : PortSpace.Icmp;
  const tried = Array.from({ length: Math.min(count, MOST_ADDRESSES) }, (_, i) => {
    const at = first + ((cursor + i) % count);
    const { used, capacity } = portUse(shown.states, space, zones.pools[at]!);
    return `${text(zones.addresses[at]!)} (${capacity - used} of ${capacity} free)`;
  });
  const more = count > tried.length ? `, then ${count - tried.length} more` : '';
  return `${beginning(scene, zone)} ${tried.join(', then ')}${more}${howFar(scene)}`;
}

/** Why the search begins where it does (resolve/firstAddress.ts). */
function beginning({ shown, rehearsal }: Scene, zone: number): string {
  const pooling = shown.built.snapshot.zones.rows[zone * Zone.Words + Zone.Pooling];
  if (pooling === Pooling.Hash) return "by the host's address";
  if (pooling === Pooling.Least) return 'the fewest ports in use has';
  const sticky = rehearsal.out?.host?.[Host.Sticky] ?? 0;
  return pooling === Pooling.RoundRobinHost && sticky !== 0 ? 'the host stays with' : 'the turn is at';
}

/** What is tried when no port is free, and helped (resolve/portWalk.ts). */
function howFar({ rehearsal }: Scene): string {
  const stage = rehearsal.out?.ports?.stage ?? Search.Free;
  if (stage === Search.Share) return '; a port in use is shared, since its sessions have other remotes';
  if (stage === Search.Held) return '; the port that has been held longest is given out early';
  if (stage === Search.Recycle) return '; a session that is closing or half open makes room';
  return stage === Search.Free ? '' : '; none that is in use can be shared, none is held, no session can make room';
}
