import { Verdict } from '../../shared/verdict.js';
import type { TraceLeaves } from '../../types/trace.js';
import type { TraceFrame } from '../../types/traceFrame.js';
import { IcmpType } from '../../wire/icmp.js';
import { rifNames } from '../show/totals.js';
import type { Scene } from './scene.js';

/** The packet as it leaves, from the rehearsal's own frames; null when it does not. */
export function leaves({ last, shown }: Pick<Scene, 'last' | 'shown'>): TraceLeaves | null {
  const { verdict, sent, isPortOpen } = last;
  const first = sent[0];
  if ((verdict !== Verdict.Translated && verdict !== Verdict.Routed) || first === undefined) return null;
  const { sourcePort, destinationPort, icmpId, source, destination, ttl } = first.fields;
  // An identifier stands where the side that asked has its port.
  const isQuery = first.type === IcmpType.Echo;
  return {
    ...{ iface: rifNames(shown.built).get(first.rif) ?? '', network: '', host: '' },
    source,
    sourcePort: isPortOpen ? null : (sourcePort ?? (isQuery ? icmpId : null)),
    destination,
    destinationPort: destinationPort ?? (isQuery ? null : icmpId),
    ttl,
    packets: sent.length,
    superFrame: first.leaving.superFrame,
    segments: sent.reduce((sum, { leaving }) => sum + leaving.segments, 0),
  };
}

/**
 * Both frames, field by field; null when none leaves. A packet made of words has no sender; and a neighbour that was made to answer
 * in the rehearsal has not told its MAC.
 */
export function finalFrame(scene: Pick<Scene, 'last' | 'shown' | 'rehearsal' | 'entry'>, isCaptured: boolean): TraceFrame | null {
  const { last, rehearsal, entry } = scene;
  const first = last.sent[0];
  if (last.came === undefined || first === undefined || leaves(scene) === null) return null;
  const isKnown = rehearsal.answered === undefined;
  return {
    before: { ...last.came, sourceMac: isCaptured ? last.came.sourceMac : null, vlan: entry.vlan },
    after: { ...first.fields, destinationMac: isKnown ? first.fields.destinationMac : null },
    isPortOpen: last.isPortOpen,
  };
}
