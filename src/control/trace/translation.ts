import { Verdict } from '../../shared/verdict.js';
import { PortSpace } from '../../tables/portBlocks.js';
import { trieLookup } from '../../tables/prefixTrie.js';
import { Zone } from '../../tables/zones.js';
import { covers, formatPrefix, type WireIpv4 } from '../../types/ipv4.js';
import { protocolName, tcpFlagLetters } from '../../types/trace.js';
import { Protocol } from '../../wire/ipv4.js';
import { portUse } from '../show/portUse.js';
import { sessionTotal } from '../show/totals.js';
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
  const { packet, last, shown } = scene;
  if (UNTRANSLATABLE.includes(last.verdict)) {
    const what =
      packet.protocol === Protocol.Tcp
        ? `TCP with flags ${tcpFlagLetters(packet.tcpFlags)} opens no connection`
        : `${protocolName(packet.protocol)} is not translated`;
    yield { step: 'nat', found: what, decides: UNTRANSLATABLE };
  }
  const { zones } = shown.built.snapshot;
  const zone = trieLookup(zones.trie, packet.source);
  yield { step: 'zone', found: zoneText(scene, zone), decides: [Verdict.DropNoZone, Verdict.DropZoneEmpty] };
  if (zone < 0) return;
  yield* wayOut();
  yield { step: 'addresses', found: addressesText(scene, zone), decides: [Verdict.DropPortsExhausted] };
  yield {
    step: 'table',
    found: `${sessionTotal(shown.states)} of ${shown.states[0]!.sessions.capacity} sessions`,
    decides: [Verdict.DropSessionsFull],
  };
}

/** Zones in the snapshot stand in the order of the configuration. */
function zoneText({ shown: { built }, packet }: Scene, zone: number): string {
  const { zones } = built.config;
  const found = zones[zone];
  if (found === undefined)
    return zones.length === 0
      ? 'none: the configuration has no zones'
      : `none of ${zones.length} matches ${text(packet.source)} (${zones
          .map(({ name }) => name)
          .slice(0, MOST_ADDRESSES)
          .join(', ')}${zones.length > MOST_ADDRESSES ? ', ...' : ''})`;
  const by = found.match.find((prefix) => covers(prefix, packet.source as WireIpv4));
  const empty = found.localAddresses.length === 0 ? ', which has no local addresses' : '';
  return `${zone + 1} ${found.name}${by === undefined ? '' : `, by ${formatPrefix(by)}`}${empty}`;
}

/** Local addresses in the order in which this packet would try them. */
function addressesText({ shown, packet, rehearsal }: Scene, zone: number): string {
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
  return `the turn is at ${tried.join(', then ')}${more}`;
}
