import { FIRST_DROP, Verdict, verdictSpec } from '../../shared/verdict.js';
import { isFault, type Parsed } from '../../types/parsed.js';
import { protocolName, type TraceAnswer, type TraceRequest, type TraceStep } from '../../types/trace.js';
import type { Shown } from '../show/shown.js';
import { rifNames } from '../show/totals.js';
import { written } from './arrival.js';
import { entryOf, isInside, packetOf } from './entry.js';
import { finalFrame, leaves } from './finalFrame.js';
import { type Outcome, rehearse } from './rehearse.js';
import { type Scene, text } from './scene.js';
import { stages } from './stages.js';
import { tellWay } from './wayTold.js';

/**
 * What would become of a packet that came in now, and why (MET-4). Changes nothing (D31): the pipeline itself decides, on copies
 * (rehearse.ts); the steps tell what it looked at. A fault is a sentence about the request.
 */
export function trace(shown: Shown, request: TraceRequest): Parsed<TraceAnswer> {
  const entry = entryOf(shown.built, request);
  if (isFault(entry)) return entry;
  const packet = packetOf(request, entry.value);
  const rehearsal = rehearse(shown, written(packet, entry.value), entry.value);
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
      frame: finalFrame(scene, false),
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
    const type = error === undefined ? '' : ` ${error.type}/${error.code}`;
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
  const back = tellWay(scene, { ...packet, source: packet.destination, destination: packet.source, rif: -1 });
  if (back.rif < 0) return ` But there is no way back to ${text(packet.source)}: the answer is not sent.`;
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

function end(address: string, port: number | null): string {
  return port === null ? address : `${address}:${port}`;
}

function lowerCase(said: string): string {
  return said.charAt(0).toLowerCase() + said.slice(1);
}
