import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Limit, Midstream } from '../tables/snapshot.js';
import { TcpFlag } from '../wire/tcp.js';
import { answerByReset } from './answerByReset.js';

/**
 * A TCP segment from inside that no session took and that opens none (TCP-9): dropped, answered by an RST, or adopted, which is
 * Continue: the caller makes a session of it. In no mode does it leave untranslated. `flags` are possible ones (isImpossible).
 */
export function midstream(cx: PipelineContext, f: number, flags: number): Verdict {
  const mode = cx.limits[Limit.Midstream]!;
  const adoptable = (flags & (TcpFlag.Syn | TcpFlag.Rst | TcpFlag.Ack)) === TcpFlag.Ack;
  if (mode === Midstream.Adopt && adoptable) return Verdict.Continue;
  if (mode === Midstream.Reset && (flags & TcpFlag.Rst) === 0) answerByReset(cx, f, flags);
  return Verdict.DropNotSyn;
}
