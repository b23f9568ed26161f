import { Verdict } from '../../../shared/verdict.js';
import { Rif, RifRole } from '../../../tables/rifs.js';
import type { BuiltRif } from '../../buildRifs.js';
import type { BuiltRouter } from '../../dvr/tables/buildRouters.js';
import type { Shown } from '../../show/shown.js';
import { arrivalOf, packetIn, readFrame } from '../capturedFrame.js';
import type { Flow } from '../flow.js';
import type { Packet } from '../writePacket.js';
import { BEFORE_ROUTERS } from './entryStages.js';
import type { NetworkEntry } from './networkEntry.js';
import { isService, whereaboutsOf } from './whereabouts.js';
import type { Passage } from './witness.js';

/** A frame at a router of this host. */
export interface RouterEntry {
  readonly router: BuiltRouter;
  /** Interface it came in by. */
  readonly rif: BuiltRif;
  /** True for a router with sessions. */
  readonly isService: boolean;
  /** It came in by an inside interface. */
  readonly inside: boolean;
  /** Undefined: its headers are not sound, or it is a later fragment. */
  readonly packet: Packet | undefined;
  readonly flow: Flow;
  /** What the router decided. */
  readonly verdict: Verdict;
  /** The frame that it sent on: undefined when it sent none on a network. */
  readonly sent: Passage | undefined;
}

/** What a run has to have. */
interface Ran {
  readonly verdict: Verdict;
  readonly passages: readonly Passage[];
  readonly first: { readonly octets: Uint8Array; readonly segment: number };
}

/** Verdicts of a router that passes a packet on. */
const PASSED: readonly Verdict[] = [
  ...[Verdict.Routed, Verdict.Translated, Verdict.FloatingOut, Verdict.FloatingIn, Verdict.FloatingHairpin],
];

/** The routers of this host that a frame goes through, in order, each with what it got and what it sent. */
export function routerEntries(shown: Shown, { number }: Pick<NetworkEntry, 'number'>, ran: Ran): RouterEntry[] {
  const entries: RouterEntry[] = [];
  const { passages } = ran;
  let from = 0;
  let frame: { readonly octets: Uint8Array; readonly segment: number; readonly network: number } = {
    ...ran.first,
    network: number,
  };
  let verdict: Verdict | undefined = BEFORE_ROUTERS.includes(ran.verdict) ? undefined : ran.verdict;
  for (let depth = 0; verdict !== undefined; depth++) {
    const entry = entryOf(shown, frame, verdict);
    if (entry === undefined) break;
    const sent: Passage | undefined = PASSED.includes(verdict)
      ? passages.find((one, i) => i >= from && one.depth === depth && isIpv4(one))
      : undefined;
    entries.push({ ...entry, sent });
    if (sent === undefined) break;
    from = passages.indexOf(sent) + 1;
    frame = sent;
    verdict = sent.verdict;
  }
  return entries;
}

function entryOf(
  shown: Shown,
  { octets, segment, network }: { readonly octets: Uint8Array; readonly segment: number; readonly network: number },
  verdict: Verdict,
): Omit<RouterEntry, 'sent'> | undefined {
  const { built } = shown;
  const { rif } = whereaboutsOf(shown, network, octets.slice(0, 6));
  const router = built.routers.find((one) => one.number === rif?.router);
  if (rif === undefined || router === undefined) return undefined;
  const captured = readFrame(octets, segment);
  const packet = packetIn(captured);
  const inside = built.snapshot.rifs.rows[rif.index * Rif.Words + Rif.Role] === RifRole.Inside;
  const { flow } = arrivalOf(captured, packet, inside, router.number);
  return { router, rif, isService: isService(rif), inside, packet, flow, verdict };
}

function isIpv4({ octets }: Passage): boolean {
  return octets[12] === 0x08 && octets[13] === 0;
}
