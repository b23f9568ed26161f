import type { IfaceConfig } from '../../config/config.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../../shared/verdict.js';
import { GATEWAY_ROUTER } from '../../tables/rifs.js';
import { isFault, type Parsed } from '../../types/parsed.js';
import type { TraceAnswer, TraceRequest, TraceStep, TraceWords } from '../../types/trace.js';
import type { Shown } from '../show/shown.js';
import { listIfaces } from '../show/totals.js';
import { type Arrival, written } from './arrival.js';
import { assumingFlags } from './assumed.js';
import { arrivalOf, packetIn, readFrame } from './capturedFrame.js';
import { decidedSteps, ownSession } from './decided.js';
import { type Entry, entryOf, packetOf } from './entry.js';
import { finalFrame, leaves } from './finalFrame.js';
import { linkSteps } from './linkSteps.js';
import { meansIface } from './networks/networkEntry.js';
import { traceFrameOnNetwork, traceOnNetwork } from './networks/networkTrace.js';
import { type Rehearsal, rehearse } from './rehearse.js';
import { says } from './says.js';
import type { Scene } from './scene.js';
import { withSource } from './source.js';
import { arrival, stages } from './stages.js';
import type { Packet } from './writePacket.js';

/** In place of the verdict of a later fragment: its worker alone knows what its datagram belongs to. */
export const UNDECIDED = 'undecided';
const FOLLOWS =
  'A later fragment goes the way of the first one of its datagram; without that it waits. Which it is, only the worker knows that has both.';

/**
 * What would become of a packet that came in now, and why (MET-4). Changes nothing (D31): the pipeline itself decides, on copies
 * (rehearse.ts); the steps tell what it looked at. A fault is a sentence about the request.
 */
export function trace(shown: Shown, words: TraceWords): Parsed<TraceAnswer> {
  const request = withSource(shown, words);
  return isFault(request) ? request : assumingFlags(request.value, (one) => traced(shown, one));
}

function traced(shown: Shown, request: TraceRequest): Parsed<TraceAnswer> {
  if (!meansIface(shown, request)) return traceOnNetwork(shown, request);
  const entry = entryOf(shown.built, request);
  if (isFault(entry)) return entry;
  const packet = packetOf(request, entry.value);
  const rehearsal = rehearse(shown, written(packet, entry.value), entry.value);
  const scene = sceneOf(shown, entry.value, rehearsal, packet);
  return {
    value: answerOf(scene, entry.value.iface.device, decidedSteps(stages(scene, entry.value), scene.last.verdict), false),
  };
}

/**
 * The same for the octets of a frame, as it came in by `iface` or by a VLAN of it: nothing is made up, neither checksums nor options.
 * The gateway has decided a captured frame already, so it is judged by what the tables hold just after that. `segment`: octets of
 * data in each segment of a super-frame, 0 = it is none. There are LEAST_FRAME_OCTETS to MOST_FRAME_OCTETS.
 */
export function traceFrame(shown: Shown, iface: string, octets: Uint8Array, segment: number): Parsed<TraceAnswer> {
  if (!meansIface(shown, { iface, network: '' })) return traceFrameOnNetwork(shown, iface, octets, segment);
  const captured = readFrame(octets, segment);
  const entry = entryOf(shown.built, { iface, vlan: captured.vlan });
  if (isFault(entry)) return entry;
  const packet = packetIn(captured);
  const arrived: Arrival = arrivalOf(captured, packet, entry.value.inside, GATEWAY_ROUTER);
  const rehearsal = rehearse(shown, arrived, entry.value);
  const last = rehearsal.answered ?? rehearsal.outcome;
  if (packet !== undefined) {
    const scene = sceneOf(shown, entry.value, rehearsal, packet);
    const steps = decidedSteps(stages(scene, entry.value), last.verdict);
    return {
      value: answerOf(
        scene,
        entry.value.iface.device,
        steps.map((step) => ownSession(scene, step)),
        true,
      ),
    };
  }
  const { verdict } = rehearsal.outcome;
  const answer = answerOf({ shown, entry: entry.value, rehearsal, last, packet }, entry.value.iface.device, [], true);
  if (!captured.isIpv4) return { value: answer };
  const steps = decidedSteps([arrival({ shown }, entry.value)], verdict);
  if (verdict !== Verdict.FragmentHeld) return { value: { ...answer, steps } };
  return { value: { ...answer, steps, verdict: UNDECIDED, says: FOLLOWS, look: '' } };
}

function sceneOf(shown: Shown, entry: Entry, rehearsal: Rehearsal, packet: Packet): Scene {
  const found = entry.rif < 0 ? undefined : (rehearsal.out ?? rehearsal.back)?.session;
  return { shown, packet, entry, self: 'gateway', found, rehearsal, last: rehearsal.answered ?? rehearsal.outcome };
}

/** `into`: the device that it comes in by. */
function answerOf(
  scene: Parameters<typeof says>[0],
  into: IfaceConfig,
  steps: readonly TraceStep[],
  isCaptured: boolean,
): TraceAnswer {
  const { verdict } = scene.rehearsal.outcome;
  const left = leaves(scene);
  const out = listIfaces(scene.shown.built).find(({ name }) => name === left?.iface)?.device;
  return {
    steps: [...steps, ...linkSteps(scene.shown, into, out)],
    verdict: verdictSpec(verdict).reason,
    dropped: verdict >= FIRST_DROP,
    says: says(scene),
    look: verdictSpec(scene.last.verdict).look,
    leaves: left,
    frame: finalFrame(scene, isCaptured),
    ask: '',
  };
}
