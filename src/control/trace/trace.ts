import { FIRST_DROP, Verdict, verdictSpec } from '../../shared/verdict.js';
import { isFault, type Parsed } from '../../types/parsed.js';
import type { TraceAnswer, TraceRequest, TraceStep } from '../../types/trace.js';
import { IcmpType, isIcmpError } from '../../wire/icmp.js';
import { Protocol } from '../../wire/ipv4.js';
import { TcpFlag } from '../../wire/tcp.js';
import type { Shown } from '../show/shown.js';
import { type Arrival, written } from './arrival.js';
import { arrivalOf, packetIn, readFrame } from './capturedFrame.js';
import { type Entry, entryOf, packetOf } from './entry.js';
import { finalFrame, leaves } from './finalFrame.js';
import { type Rehearsal, rehearse } from './rehearse.js';
import { says } from './says.js';
import type { Scene, Stage } from './scene.js';
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
export function trace(shown: Shown, request: TraceRequest): Parsed<TraceAnswer> {
  const entry = entryOf(shown.built, request);
  if (isFault(entry)) return entry;
  const packet = packetOf(request, entry.value);
  const rehearsal = rehearse(shown, written(packet, entry.value), entry.value);
  const scene = sceneOf(shown, entry.value, rehearsal, packet);
  return { value: answerOf(scene, decidedSteps(stages(scene), scene.last.verdict), false) };
}

/**
 * The same for the octets of a frame, as it came in by `iface` or by a VLAN of it: nothing is made up, neither checksums nor options.
 * The gateway has decided a captured frame already, so it is judged by what the tables hold just after that. `segment`: octets of
 * data in each segment of a super-frame, 0 = it is none. There are LEAST_FRAME_OCTETS to MOST_FRAME_OCTETS.
 */
export function traceFrame(shown: Shown, iface: string, octets: Uint8Array, segment: number): Parsed<TraceAnswer> {
  const captured = readFrame(octets, segment);
  const entry = entryOf(shown.built, { iface, vlan: captured.vlan });
  if (isFault(entry)) return entry;
  const packet = packetIn(captured);
  const arrived: Arrival = arrivalOf(captured, packet, entry.value.inside);
  const rehearsal = rehearse(shown, arrived, entry.value);
  const last = rehearsal.answered ?? rehearsal.outcome;
  if (packet !== undefined) {
    const scene = sceneOf(shown, entry.value, rehearsal, packet);
    const steps = decidedSteps(stages(scene), last.verdict);
    return {
      value: answerOf(
        scene,
        steps.map((step) => ownSession(scene, step)),
        true,
      ),
    };
  }
  const { verdict } = rehearsal.outcome;
  const answer = answerOf({ shown, entry: entry.value, rehearsal, last, packet }, [], true);
  if (!captured.isIpv4) return { value: answer };
  const steps = decidedSteps([arrival({ shown, entry: entry.value })], verdict);
  if (verdict !== Verdict.FragmentHeld) return { value: { ...answer, steps } };
  return { value: { ...answer, steps, verdict: UNDECIDED, says: FOLLOWS, look: '' } };
}

function sceneOf(shown: Shown, entry: Entry, rehearsal: Rehearsal, packet: Packet): Scene {
  const found = entry.rif < 0 ? undefined : (rehearsal.out ?? rehearsal.back)?.session;
  return { shown, packet, entry, found, rehearsal, last: rehearsal.answered ?? rehearsal.outcome };
}

/** Up to the stage that decided. */
function decidedSteps(told: Iterable<Stage>, verdict: Verdict): TraceStep[] {
  const steps: TraceStep[] = [];
  for (const { step, found, decides } of told) {
    steps.push({ step, found });
    if (decides.includes(verdict)) break;
  }
  return steps;
}

/** A captured frame has passed already: the session it finds may be the one it made. */
function ownSession({ found, packet }: Scene, { step, found: said }: TraceStep): TraceStep {
  const isOwn = step === 'session' && found !== undefined && mayOpen(packet);
  return { step, found: isOwn ? `${said}; perhaps made by this very frame` : said };
}

/** True for a packet that could have been the first of its session. */
function mayOpen({ protocol, tcpFlags, icmpType }: Packet): boolean {
  if (protocol === Protocol.Tcp) return (tcpFlags & (TcpFlag.Syn | TcpFlag.Ack)) === TcpFlag.Syn;
  return protocol !== Protocol.Icmp || (icmpType !== IcmpType.EchoReply && !isIcmpError(icmpType));
}

function answerOf(scene: Parameters<typeof says>[0], steps: readonly TraceStep[], isCaptured: boolean): TraceAnswer {
  const { verdict } = scene.rehearsal.outcome;
  return {
    steps,
    verdict: verdictSpec(verdict).reason,
    dropped: verdict >= FIRST_DROP,
    says: says(scene),
    look: verdictSpec(scene.last.verdict).look,
    leaves: leaves(scene),
    frame: finalFrame(scene, isCaptured),
  };
}
