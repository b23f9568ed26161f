import { isFault, type Parsed } from '../../types/parsed.js';
import type { TraceAnswer, TraceRequest, TraceStep } from '../../types/trace.js';
import { Protocol } from '../../wire/ipv4.js';
import { TcpFlag } from '../../wire/tcp.js';
import { UNANSWERED } from './networks/networkTrace.js';

/**
 * Tells what becomes of a packet whose TCP flags nobody has said: from outside it is part of a connection if a session matches,
 * else it begins one, as that is what somebody means who asks whether a port is reached. Which was assumed is a step behind the
 * packet.
 */
export function assumingFlags(request: TraceRequest, tell: (request: TraceRequest) => Parsed<TraceAnswer>): Parsed<TraceAnswer> {
  if (request.protocol !== Protocol.Tcp || request.tcpFlags !== undefined) return tell(request);
  const first = tell(request);
  if (isFault(first)) return first;
  const { steps, verdict } = first.value;
  // It is asked of another host, with flags as open as here.
  if (verdict === UNANSWERED) return first;
  if (steps.some(({ step, found }) => step === 'packet' && found.startsWith('tcp S '))) return first;
  if (steps.some(({ step, found }) => step === 'session' && !found.startsWith('none')))
    return noted(first, 'A, as of a connection that is there');
  const anew = tell({ ...request, tcpFlags: TcpFlag.Syn });
  return isFault(anew) ? anew : noted(anew, 'S, as of a new connection: no session here matches one that is there (flags A)');
}

function noted({ value }: { readonly value: TraceAnswer }, assumed: string): Parsed<TraceAnswer> {
  const at = value.steps.findIndex(({ step }) => step === 'packet') + 1;
  const step: TraceStep = { step: 'assumed', found: `flags ${assumed}` };
  return { value: { ...value, steps: at === 0 ? value.steps : [...value.steps.slice(0, at), step, ...value.steps.slice(at)] } };
}
