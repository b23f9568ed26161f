import { Verdict } from '../../../shared/verdict.js';
import type { WireIpv4 } from '../../../types/ipv4.js';
import type { TraceStep } from '../../../types/trace.js';
import type { FrameFields } from '../../../types/traceFrame.js';
import type { Shown } from '../../show/shown.js';
import { decidedSteps, ownSession } from '../decided.js';
import { FIELD_OCTETS, frameFields } from '../frameFields.js';
import type { Stage } from '../scene.js';
import { packetStage } from '../stages.js';
import type { Packet } from '../writePacket.js';
import type { Asked } from './askArp.js';
import { arpStage, destinationStage, guardStage, placeStage } from './entryStages.js';
import type { NetworkEntry } from './networkEntry.js';
import type { NetworkOutcome, NetworkRehearsal } from './rehearseNetwork.js';
import type { RouterEntry } from './routerEntries.js';
import { sceneAt } from './routerScene.js';
import { routerStages } from './routerStages.js';
import { type End, frameNote, serviceStage } from './wayOn.js';
import { networkName, whereaboutsOf } from './whereabouts.js';
import type { Passage } from './witness.js';

/** What a frame of a network meets before any router: `asked` is undefined of one that was captured. */
export function beginning(
  shown: Shown,
  entry: NetworkEntry,
  { first: { octets }, verdict }: NetworkOutcome,
  packet: Packet | undefined,
  asked: Asked | undefined,
): TraceStep[] {
  const stages: Stage[] = [placeStage(shown, entry)];
  if (packet !== undefined) stages.push(packetStage(packet));
  if (asked !== undefined) stages.push(arpStage(asked));
  const address = packet?.source as WireIpv4 | undefined;
  stages.push(guardStage(shown, entry, octets.slice(6, 12), address), destinationStage(shown, entry.number, octets.slice(0, 6)));
  return decidedSteps(stages, verdict);
}

/** What the router number `i` of those on its way looks at, and what it sends. */
export function routerSteps(
  shown: Shown,
  { port }: NetworkEntry,
  rehearsal: NetworkRehearsal,
  told: readonly RouterEntry[],
  i: number,
  isCaptured: boolean,
): TraceStep[] {
  const entry = told[i]!;
  const { packet, sent, isService, verdict } = entry;
  if (packet === undefined) return [];
  const visit = isService ? told.slice(0, i).filter((one) => one.isService).length : -1;
  const scene = sceneAt(shown, rehearsal, entry, packet, visit);
  const all = decidedSteps(routerStages(scene, entry, port, i === 0), verdict);
  const steps = isCaptured ? all.map((step) => ownSession(scene, step)) : all;
  if (sent === undefined) return steps;
  const fields = frameFields(sent.octets.subarray(0, FIELD_OCTETS));
  if (fields === undefined) return steps;
  const isPortOpen = (rehearsal.answered ?? rehearsal.outcome).sessions.some((one) => one.isPortOpen);
  const name = networkName(shown, sent.network);
  const note = (seen: FrameFields): string => frameNote(seen, name, isPortOpen && verdict === Verdict.Translated);
  if (isAwaited(rehearsal, sent)) return [...steps, { step: 'sends', found: note({ ...fields, destinationMac: null }) }];
  const to = `${fields.destinationMac} is ${whereaboutsOf(shown, sent.network, sent.octets.slice(0, 6)).found}`;
  return [...steps, { step: 'sends', found: note(fields) }, { step: 'to', found: to }];
}

/** True for a frame that is sent only once a neighbour has answered: its MAC is not known, and another stands in its place. */
export function isAwaited({ outcome, answered }: NetworkRehearsal, { octets }: Passage): boolean {
  if (answered === undefined) return false;
  return !outcome.passages.some(
    (one) => one.octets.length === octets.length && one.octets.every((octet, i) => octet === octets[i]),
  );
}

/** How it leaves this host, or is delivered. */
export function ending(shown: Shown, { verdict }: NetworkOutcome, end: End | undefined, isPortOpen: boolean): TraceStep[] {
  if (end === undefined || verdict === Verdict.Flooded) return [];
  const { on, left } = end;
  const service = on.service === '' ? undefined : serviceStage(shown, on.service, on.host);
  const note = left.fields === undefined ? '' : ` as ${frameNote(left.fields, on.segment, isPortOpen)}`;
  return [
    ...(service === undefined ? [] : [{ step: service.step, found: service.found }]),
    { step: 'out', found: `${on.text}${note}` },
  ];
}
