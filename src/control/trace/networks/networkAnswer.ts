import type { IfaceConfig } from '../../../config/config.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../../../shared/verdict.js';
import type { TraceAnswer, TraceLeaves } from '../../../types/trace.js';
import type { Shown } from '../../show/shown.js';
import { linkSteps } from '../linkSteps.js';
import type { Packet } from '../writePacket.js';
import type { Asked } from './askArp.js';
import type { NetworkEntry } from './networkEntry.js';
import { outcomeSays } from './networkSays.js';
import { beginning, ending, isAwaited, routerSteps } from './networkSteps.js';
import type { NetworkOutcome, NetworkRehearsal } from './rehearseNetwork.js';
import { routerEntries } from './routerEntries.js';
import { underlayStep } from './underlayStep.js';
import { askThere, type End, wayOnOf } from './wayOn.js';

/** Verdicts of a frame that went on. */
const WENT_ON: readonly Verdict[] = [
  ...[Verdict.Routed, Verdict.Translated, Verdict.FloatingOut, Verdict.FloatingIn, Verdict.FloatingHairpin],
  ...[Verdict.Bridged, Verdict.Flooded, Verdict.Relayed, Verdict.Metadata],
];

/** The telling of a rehearsal. `asked` is undefined of a captured frame; `isSender`: its sender's MAC is known. */
export function answerOf(
  shown: Shown,
  entry: NetworkEntry,
  rehearsal: NetworkRehearsal,
  packet: Packet | undefined,
  asked: Asked | undefined,
  isSender: boolean,
): TraceAnswer {
  const { outcome, answered } = rehearsal;
  const last = answered ?? outcome;
  const told = routerEntries(shown, entry, last);
  const verdict = told.at(-1)?.verdict ?? last.verdict;
  const first = routerEntries(shown, entry, outcome).at(-1)?.verdict ?? outcome.verdict;
  const sent = told.at(-1)?.sent;
  const isAwaitedOne = sent !== undefined && isAwaited(rehearsal, sent);
  const end = wayOnFrom(shown, last, sent?.network ?? entry.number, verdict, isAwaitedOne);
  const isPortOpen = last.sessions.some((one) => one.isPortOpen);
  const fields = end?.left.fields;
  const dropped = answered === undefined ? 'Dropped' : `Dropped as ${verdictSpec(verdict).reason}`;
  const said = outcomeSays(last, verdict, end, dropped);
  const says =
    answered === undefined
      ? said
      : `Waits until the next hop answers ARP. If it does: ${said.charAt(0).toLowerCase()}${said.slice(1)} If it does not: neighbor_failed.`;
  return {
    steps: [
      ...beginning(shown, entry, last, packet, asked),
      ...told.flatMap((_, i) => routerSteps(shown, entry, rehearsal, told, i, asked === undefined)),
      ...ending(shown, last, end, isPortOpen),
      ...underlayStep(shown, last.left),
      ...linkSteps(shown, deviceOf(shown, entry.port?.name), deviceOf(shown, end?.on.iface)),
    ],
    verdict: verdictSpec(first).reason,
    dropped: first >= FIRST_DROP,
    says,
    look: verdictSpec(verdict).look,
    leaves: end === undefined || fields === undefined ? null : leavesOf(end, last, isPortOpen),
    frame:
      end === undefined || fields === undefined || last.came === undefined
        ? null
        : {
            before: { ...last.came, sourceMac: isSender ? last.came.sourceMac : null },
            after: fields,
            isPortOpen,
          },
    ask:
      end === undefined || fields === undefined ? '' : askThere(shown, end.on, fields, told.at(-1)?.packet ?? packet, isPortOpen),
  };
}

/** Of a port, or of a physical network. */
function deviceOf({ networks }: Pick<Shown, 'networks'>, name: string | undefined): IfaceConfig | undefined {
  return networks?.devices.find(({ of, config }) => of !== 'iface' && config.name === name)?.config;
}

function wayOnFrom(
  shown: Shown,
  { left }: NetworkOutcome,
  network: number,
  verdict: Verdict,
  isAwaitedOne: boolean,
): End | undefined {
  const first = left.find(({ fields }) => fields !== undefined);
  if (!WENT_ON.includes(verdict) || first?.fields === undefined) return undefined;
  const seen = isAwaitedOne ? { ...first, fields: { ...first.fields, destinationMac: null } } : first;
  return { left: seen, on: wayOnOf(shown, seen, network) };
}

function leavesOf({ left: first, on }: End, { left }: NetworkOutcome, isPortOpen: boolean): TraceLeaves | null {
  const { fields, leaving } = first;
  if (fields === undefined) return null;
  const { source, destination, ttl, icmpId } = fields;
  return {
    ...{ iface: on.iface, network: on.network, host: on.host, source, destination, ttl },
    sourcePort: isPortOpen ? null : (fields.sourcePort ?? icmpId),
    destinationPort: fields.destinationPort ?? null,
    packets: left.length,
    superFrame: leaving.superFrame,
    segments: left.reduce((sum, one) => sum + one.leaving.segments, 0),
  };
}
