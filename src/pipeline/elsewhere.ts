import { Verdict } from '../shared/verdict.js';
import { Letter, LetterKind } from '../tables/handoffRing.js';
import { poolIndexOf, Session } from '../tables/sessions.js';
import type { PipelineContext } from './context.js';
import { endElsewhere } from './expire.js';
import { handTo } from './handoff.js';

/**
 * A frame whose row says that another worker has the session. Continue: that worker has just sent it back, the row is gone,
 * and the frame is to be decided anew. A frame sent back for want of a session that was asked for again meanwhile follows that question.
 */
export function forwardElsewhere(cx: PipelineContext, f: number, row: number): Verdict {
  const owner = poolIndexOf(cx.sessions.rows, row);
  const l = cx.letter;
  const generation = cx.sessions.rows[row + Session.Generation]!;
  if (l[Letter.Kind] === LetterKind.Refused && l[Letter.Asked] === row && l[Letter.AskedGeneration] === generation) {
    endElsewhere(cx, row);
    return Verdict.Continue;
  }
  l[Letter.Asked] = row;
  l[Letter.AskedGeneration] = generation;
  cx.sessions.rows[row + Session.LastSeen] = cx.now;
  return handTo(cx, f, owner, LetterKind.Frame);
}
