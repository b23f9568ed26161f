import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFault, type Parsed } from '../types/parsed.js';
import { parseTrace, type TraceAnswer } from '../types/trace.js';
import { answerFault, answerJson, readBody } from './boundedServer.js';
import { withAll } from './show/objects.js';
import type { Shown } from './show/shown.js';
import { LEAST_FRAME_OCTETS } from './trace/capturedFrame.js';
import { trace, traceFrame } from './trace/trace.js';

/**
 * `/v1/trace`: GET describes a packet in the words of types/trace; POST carries a frame as it was captured, with its Ethernet header,
 * as the whole body, and says by ?iface= where it came in, and by ?segment= for a super-frame how many octets of data its segments
 * have. One frame a request: it is judged by the tables of that moment.
 */

export const TRACE_PATH = '/v1/trace';
/** More data has no segment of IPv4. */
const MOST_SEGMENT = 65_495;

export async function answerTrace(
  request: IncomingMessage,
  asked: URLSearchParams,
  shown: Shown,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'POST') {
    const frame = await readBody(request);
    if (frame === undefined) response.destroy();
    else answer(response, frameAnswer(shown, asked, frame));
    return;
  }
  const packet = parseTrace(asked);
  if (isFault(packet)) return answer(response, packet);
  const answered = trace(shown, packet.value);
  // Who else has what is not here is known to the store: this host keeps the ports of its own networks only.
  const isElsewhere = isFault(answered) && answered.missing === true && shown.objects?.all !== undefined;
  answer(response, isElsewhere ? trace(await withAll(shown), packet.value) : answered);
}

function frameAnswer(shown: Shown, asked: URLSearchParams, frame: Uint8Array): Parsed<TraceAnswer> {
  const unknown = [...asked.keys()].find((word) => word !== 'iface' && word !== 'segment');
  if (unknown !== undefined) return { fault: `"${unknown.slice(0, 40)}" is no word of a frame; there are iface, segment` };
  const iface = asked.get('iface') ?? '';
  if (iface === '') return { fault: 'the interface is missing' };
  const segment = asked.get('segment') ?? '0';
  if (!/^\d{1,5}$/.test(segment) || Number(segment) > MOST_SEGMENT)
    return { fault: `segment: "${segment.slice(0, 40)}" is not a whole number from 0 to ${MOST_SEGMENT}` };
  if (frame.length < LEAST_FRAME_OCTETS)
    return { fault: `the body is the frame, and has ${frame.length} octets; an Ethernet header has ${LEAST_FRAME_OCTETS}` };
  return traceFrame(shown, iface, frame, Number(segment));
}

function answer(response: ServerResponse, answered: Parsed<TraceAnswer>): void {
  if (isFault(answered)) answerFault(response, answered);
  else answerJson(response, 200, answered.value);
}
