import { FIRST_DROP, Verdict, verdictSpec } from '../../shared/verdict.js';
import { protocolName, type TraceLeaves } from '../../types/trace.js';
import { rifNames } from '../show/totals.js';
import { leaves } from './finalFrame.js';
import type { Outcome } from './rehearse.js';
import { type Scene, text } from './scene.js';
import { tellWay } from './wayTold.js';

/** Sentences about a verdict. `packet` is undefined for a frame that is no packet with a flow; those are not answered by an echo reply. */
type Told = Pick<Scene, 'shown' | 'entry' | 'rehearsal' | 'last'> & { readonly packet: Scene['packet'] | undefined };

type Asked = Pick<Scene, 'shown' | 'entry' | 'packet'>;

/** What the verdict means for this packet. */
export function says(scene: Told): string {
  const { rehearsal, last } = scene;
  if (rehearsal.answered === undefined) return sentence(scene, last, 'Dropped');
  return `Waits until the next hop answers ARP. If it does: ${lowerCase(sentence(scene, last, `Dropped as ${verdictSpec(last.verdict).reason}`))} If it does not: neighbor_failed.`;
}

function sentence(scene: Told, outcome: Outcome, dropped: string): string {
  const { verdict, sent } = outcome;
  if (verdict >= FIRST_DROP) {
    const { packet } = scene;
    const why = verdict === Verdict.DropLocalNoWayBack && packet !== undefined ? whyUnanswered({ ...scene, packet }) : '';
    return `${dropped}: ${verdictSpec(verdict).help}${why}${toldToSender(verdict, outcome, sent[0])}`;
  }
  if (verdict === Verdict.EchoAnswered)
    return `The gateway answers the echo request itself.${scene.packet === undefined ? '' : wayOfAnswer({ ...scene, packet: scene.packet })}`;
  const way = leaves(scene);
  if (way === null) return verdictSpec(verdict).help;
  const { iface, packets } = way;
  const pieces = way.superFrame === 'cut' && outcome.fragments === 0 ? 'segments' : 'fragments';
  const flow = `${protocolName(sent[0]!.fields.protocol)} ${end(way.source, way.sourcePort)} > ${end(way.destination, way.destinationPort)}`;
  const parts = packets > 1 ? ` in ${packets} ${pieces}` : '';
  return `Leaves by ${iface}${parts} as ${flow}, TTL ${way.ttl}.${wayOfSuperFrame(way, outcome)}${newSession(outcome)}`;
}

/** What the sender of a dropped packet hears. `error`: the ICMP error; of one that says "fragmentation needed" the verdict's words tell it. */
export function toldToSender(
  verdict: Verdict,
  { icmpErrors, resets }: Pick<Outcome, 'icmpErrors' | 'resets'>,
  error: { readonly type: number; readonly code: number } | undefined,
): string {
  const type = error === undefined ? '' : ` ${error.type}/${error.code}`;
  const isSaid = icmpErrors === 0 || verdict === Verdict.DropFragmentationNeeded;
  const told = isSaid ? '' : ` The sender is told by ICMP${type}, as often as the rate limit allows.`;
  return resets > 0 ? `${told} The sender gets an RST, as often as the rate limit allows.` : told;
}

/** Where an echo reply leaves, when that is not where the request came in (resolve/localService.ts). */
function wayOfAnswer(scene: Asked): string {
  const back = wayBack(scene);
  if (back.rif === scene.entry.rif) return '';
  return ` The answer leaves by ${back.name}, where the way back to ${text(scene.packet.source)} is, not by ${scene.entry.name}.`;
}

/** Why an echo request has no answer: there is no way back, or it is on the other side. */
function whyUnanswered(scene: Asked): string {
  const { rif, name } = wayBack(scene);
  const to = text(scene.packet.source);
  if (rif < 0) return ` There is no way back to ${to}.`;
  return ` The way back to ${to} is ${name}, on the other side of the translation.`;
}

function wayBack(scene: Asked): { readonly rif: number; readonly name: string } {
  const { packet, shown } = scene;
  const { rif } = tellWay(scene, { ...packet, source: packet.destination, destination: packet.source, rif: -1 });
  return { rif, name: rifNames(shown.built).get(rif) ?? '' };
}

/** What a super-frame becomes, and what may become one. */
function wayOfSuperFrame({ iface, superFrame, segments }: TraceLeaves, { fragments }: Outcome): string {
  if (superFrame === 'whole') return ` It stays a super-frame, of ${segments} segments.`;
  if (superFrame === 'joinable') return ' With others of its flow that come in the same burst it leaves as one super-frame.';
  if (superFrame === 'none') return '';
  return fragments > 0
    ? ' It is a super-frame, and its segments exceed the MTU.'
    : ` The super-frame is cut: ${iface} takes none.`;
}

/** A session that is not made yet has no port yet. */
function newSession({ isNew, isPortOpen }: Outcome): string {
  if (isPortOpen) return ' A new session is made; its port is chosen when that happens.';
  return isNew ? ' A new session is made.' : '';
}

function end(address: string, port: number | null): string {
  return port === null ? address : `${address}:${port}`;
}

function lowerCase(said: string): string {
  return said.charAt(0).toLowerCase() + said.slice(1);
}
