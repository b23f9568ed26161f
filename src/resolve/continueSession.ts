import { applySession } from '../pipeline/applySession.js';
import type { PipelineContext } from '../pipeline/context.js';
import { Verdict } from '../shared/verdict.js';
import { Session } from '../tables/sessions.js';
import { openAsked } from './askOwner.js';
import { turnBack, turnsBack } from './hairpin.js';
import { resolveSession } from './resolveSession.js';

/** A frame of a known session that the fast path would not take: it turns back to another inside host, or goes the slow way out or in. */
export function continueSession(cx: PipelineContext, f: number, row: number, outward: boolean): Verdict {
  const turns = outward && cx.sessions.rows[row + Session.OutwardAdjacency]! < 0 && turnsBack(cx, row);
  return turns ? turnBack(cx, f, row) : resolveSession(cx, f, row, outward);
}

/** The first frame of a session that its host's home asked us to open: the home has found it sound and looked at the way out. */
export function openForHome(cx: PipelineContext, f: number): Verdict {
  const v = openAsked(cx, f);
  if (v !== Verdict.Continue) return v;
  const applied = applySession(cx, f, cx.opened, true);
  return applied === Verdict.Continue ? continueSession(cx, f, cx.opened, true) : applied;
}
