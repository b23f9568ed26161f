import { FIRST_DROP, Verdict, verdictSpec } from '../../shared/verdict.js';
import { RouteType } from '../../tables/routes.js';
import { isFault, type Parsed } from '../../types/parsed.js';
import { protocolName, type TraceAnswer, type TraceLeaves, type TraceRequest, type TraceStep } from '../../types/trace.js';
import { Icmp, IcmpType } from '../../wire/icmp.js';
import { Ipv4, Protocol } from '../../wire/ipv4.js';
import { Tcp } from '../../wire/tcp.js';
import type { Shown } from '../show/shown.js';
import { rifNames } from '../show/totals.js';
import { entryOf, isInside, packetOf } from './entry.js';
import { type Outcome, rehearse } from './rehearse.js';
import { routeTo, type Scene, text } from './scene.js';
import { stages } from './stages.js';

/**
 * What would become of a packet that came in now, and why (MET-4). Changes nothing (D31): the pipeline itself decides, on copies
 * (rehearse.ts); the steps tell what it looked at. A fault is a sentence about the request.
 */
export function trace(shown: Shown, request: TraceRequest): Parsed<TraceAnswer> {
  const entry = entryOf(shown.built, request);
  if (isFault(entry)) return entry;
  const packet = packetOf(request, entry.value);
  const rehearsal = rehearse(shown, packet, entry.value);
  const found = entry.value.rif < 0 ? undefined : (rehearsal.out ?? rehearsal.back)?.session;
  const last = rehearsal.answered ?? rehearsal.outcome;
  const scene: Scene = { shown, packet, entry: entry.value, found, rehearsal, last };
  const steps: TraceStep[] = [];
  for (const { step, found: what, decides } of stages(scene)) {
    steps.push({ step, found: what });
    if (decides.includes(last.verdict)) break;
  }
  const { verdict } = rehearsal.outcome;
  return {
    value: {
      steps,
      verdict: verdictSpec(verdict).reason,
      dropped: verdict >= FIRST_DROP,
      says: says(scene),
      look: verdictSpec(last.verdict).look,
      leaves: leaves(scene),
    },
  };
}

function says(scene: Scene): string {
  const { rehearsal, last } = scene;
  if (rehearsal.answered === undefined) return sentence(scene, last, 'Dropped');
  return `Waits until the next hop answers ARP. If it does: ${lowerCase(sentence(scene, last, `Dropped as ${verdictSpec(last.verdict).reason}`))} If it does not: neighbor_failed.`;
}

function sentence(scene: Scene, outcome: Outcome, dropped: string): string {
  const { verdict, icmpErrors, resets, sent } = outcome;
  if (verdict >= FIRST_DROP) {
    const error = sent[0];
    const type = error === undefined ? '' : ` ${error.octets[Ipv4.MinHeader]}/${error.octets[Ipv4.MinHeader + 1]}`;
    const isSaid = icmpErrors === 0 || verdict === Verdict.DropFragmentationNeeded;
    const told = isSaid ? '' : ` The sender is told by ICMP${type}, as often as the rate limit allows.`;
    const reset = resets > 0 ? ' The sender gets an RST, as often as the rate limit allows.' : '';
    return `${dropped}: ${verdictSpec(verdict).help}${told}${reset}`;
  }
  if (verdict === Verdict.EchoAnswered) return `The gateway answers the echo request itself.${wayOfAnswer(scene)}`;
  const way = leaves(scene);
  if (way === null) return verdictSpec(verdict).help;
  const { iface, packets } = way;
  const flow = `${protocolName(scene.packet.protocol)} ${end(way.source, way.sourcePort)} > ${end(way.destination, way.destinationPort)}`;
  const parts = packets > 1 ? ` in ${packets} fragments` : '';
  return `Leaves by ${iface}${parts} as ${flow}, TTL ${way.ttl}.${newSession(outcome)}`;
}

/** Where an echo reply leaves, when that is not where the request came in (resolve/sendMade.ts). */
function wayOfAnswer(scene: Scene): string {
  const { entry, packet, shown } = scene;
  const { built } = shown;
  const back = routeTo(scene, packet.source);
  if (back === undefined || (back.type !== RouteType.Connected && back.type !== RouteType.Via))
    return ` But there is no way back to ${text(packet.source)}: the answer is not sent.`;
  if (back.rif === entry.rif) return '';
  const name = rifNames(built).get(back.rif) ?? '';
  if (isInside(built.snapshot.rifs, back.rif) !== entry.inside)
    return ` But the way back to ${text(packet.source)} is ${name}, on the other side of the translation: the answer is not sent.`;
  return ` The answer leaves by ${name}, where the way back to ${text(packet.source)} is, not by ${entry.iface.name}.`;
}

/** A session that is not made yet has no port yet. */
function newSession({ isNew, isPortOpen }: Outcome): string {
  if (isPortOpen) return ' A new session is made; its port is chosen when that happens.';
  return isNew ? ' A new session is made.' : '';
}

/** The packet as it leaves, from the rehearsal's own frames. */
function leaves({ last, packet, shown }: Scene): TraceLeaves | null {
  const { verdict, sent, isPortOpen } = last;
  const first = sent[0];
  if ((verdict !== Verdict.Translated && verdict !== Verdict.Routed) || first === undefined) return null;
  const { rif, octets: o } = first;
  const address = (at: number): string => text(o[at]! | (o[at + 1]! << 8) | (o[at + 2]! << 16) | (o[at + 3]! << 24));
  const port = (at: number): number => (o[Ipv4.MinHeader + at]! << 8) | o[Ipv4.MinHeader + at + 1]!;
  const ported = packet.protocol === Protocol.Tcp || packet.protocol === Protocol.Udp;
  const icmp = packet.protocol === Protocol.Icmp;
  // An identifier stands where the side that asked has its port.
  const isQuery = icmp && o[Ipv4.MinHeader] === IcmpType.Echo;
  return {
    iface: rifNames(shown.built).get(rif) ?? '',
    source: address(Ipv4.Source),
    sourcePort: isPortOpen ? null : ported ? port(Tcp.SourcePort) : isQuery ? port(Icmp.Id) : null,
    destination: address(Ipv4.Destination),
    destinationPort: ported ? port(Tcp.DestinationPort) : icmp && !isQuery ? port(Icmp.Id) : null,
    ttl: o[Ipv4.Ttl]!,
    packets: sent.length,
  };
}

function end(address: string, port: number | null): string {
  return port === null ? address : `${address}:${port}`;
}

function lowerCase(said: string): string {
  return said.charAt(0).toLowerCase() + said.slice(1);
}
