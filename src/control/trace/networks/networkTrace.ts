import { GATEWAY_ROUTER } from '../../../tables/rifs.js';
import { formatIpv4 } from '../../../types/ipv4.js';
import { isFault, type Parsed } from '../../../types/parsed.js';
import type { TraceAnswer, TraceRequest } from '../../../types/trace.js';
import type { Shown } from '../../show/shown.js';
import { arrivalOf, packetIn, readFrame } from '../capturedFrame.js';
import { packetOf } from '../entry.js';
import { FRAME } from '../rehearsalFrames.js';
import { packetStage } from '../stages.js';
import { writePacket } from '../writePacket.js';
import { addressed } from './addressed.js';
import { holderOf, holderText } from './addressHolder.js';
import type { Asked } from './askArp.js';
import { askAt } from './askAt.js';
import { arpStage, placeStage } from './entryStages.js';
import { answerOf } from './networkAnswer.js';
import { type NetworkEntry, networkEntryOf } from './networkEntry.js';
import { rehearseNetwork } from './rehearseNetwork.js';
import { whereaboutsOf } from './whereabouts.js';

/** In place of a verdict where no frame is sent: the sender asks who has an address, and nobody is known to answer. */
export const UNANSWERED = 'unanswered';

/** What `trace` says of a packet that comes in on a network, in the words of a request. */
export function traceOnNetwork(shown: Shown, request: TraceRequest): Parsed<TraceAnswer> {
  const entry = networkEntryOf(shown, request);
  if (isFault(entry)) return entry;
  const { source, asked } = addressed(shown, entry.value, request);
  const { mac } = asked;
  if (mac === undefined) return { value: unanswered(shown, entry.value, request, asked) };
  const rif = whereaboutsOf(shown, entry.value.number, mac).rif;
  const packet = packetOf(request, { inside: rif === undefined ? !isOnWire(entry.value) : rif.config.role === 'inside' });
  const rehearsal = rehearseNetwork(shown, {
    entry: entry.value,
    put: ({ memory }) => {
      const octets = writePacket(memory, FRAME, mac, packet);
      memory.u8.set(source, FRAME + 6);
      return octets;
    },
  });
  const isMade = isOnWire(entry.value) && request.sourceMac === undefined;
  return { value: answerOf(shown, entry.value, rehearsal, packet, asked, !isMade) };
}

/** The same of a frame as a port of this host sends it. */
export function traceFrameOnNetwork(shown: Shown, port: string, octets: Uint8Array, segment: number): Parsed<TraceAnswer> {
  const captured = readFrame(octets, segment);
  const entry = networkEntryOf(shown, { iface: port, network: '', host: '', vlan: undefined });
  if (isFault(entry)) return entry;
  const packet = packetIn(captured);
  const { put } = arrivalOf(captured, packet, true, GATEWAY_ROUTER);
  const rehearsal = rehearseNetwork(shown, {
    entry: entry.value,
    put: ({ memory }) => put(memory, FRAME, octets),
  });
  return { value: answerOf(shown, entry.value, rehearsal, packet, undefined, true) };
}

/** From somebody on a physical network: outside, as far as anybody knows. */
function isOnWire({ port, host }: NetworkEntry): boolean {
  return port === undefined && host === undefined;
}

function unanswered(shown: Shown, entry: NetworkEntry, request: TraceRequest, asked: Asked): TraceAnswer {
  const packet = packetOf(request, { inside: !isOnWire(entry) });
  const { network } = entry;
  const host = entry.port === undefined ? holderOf(shown, network.name, formatIpv4(request.destination)) : '';
  const says =
    entry.port === undefined
      ? `No frame for it comes to this host${host === '' ? '' : `: ${holderText(shown, host, 'it')}`}.`
      : `No packet is sent: the question goes to everybody on network ${network.name}${network.strictArp ? ' that is known, which is nobody' : ''}, and without an answer the guest gives up.`;
  const steps = [placeStage(shown, entry), packetStage(packet), arpStage(asked)].map(({ step, found }) => ({ step, found }));
  const isElsewhere = host !== '' && host !== shown.built.view.host;
  const ask = isElsewhere ? askAt({ ...request, iface: '', network: network.name }, host) : '';
  return {
    steps,
    verdict: UNANSWERED,
    dropped: true,
    says,
    look: 'show lports, show fdb: who has the address.',
    leaves: null,
    frame: null,
    ask,
  };
}
