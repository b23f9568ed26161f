import { Verdict } from '../shared/verdict.js';
import { Letter, LetterKind } from '../tables/handoffRing.js';
import { Session } from '../tables/sessions.js';
import type { PipelineContext } from './context.js';
import { endElsewhere } from './expire.js';
import { handTo } from './handoff.js';

/**
 * A frame whose row says that another worker has the session. Continue: that worker has just sent it back, the row is gone,
 * and the frame is to be decided anew.
 */
export function forwardElsewhere(cx: PipelineContext, f: number, row: number): Verdict {
  const owner = cx.sessions.rows[row + Session.Pool]!;
  if (cx.letter[Letter.Kind] === LetterKind.Refused && cx.letter[Letter.From] === owner) {
    endElsewhere(cx, row);
    return Verdict.Continue;
  }
  cx.sessions.rows[row + Session.LastSeen] = cx.now;
  return handTo(cx, f, owner, LetterKind.Frame);
}
