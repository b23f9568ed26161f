import { continueSession } from '../resolve/continueSession.js';
import { resolve } from '../resolve/resolve.js';
import { Verdict } from '../shared/verdict.js';
import { isElsewhere } from '../tables/elsewhere.js';
import { Letter } from '../tables/handoffRing.js';
import { Rif, RifRole } from '../tables/rifs.js';
import { findInward, findOutward } from '../tables/sessionLookup.js';
import { isSession, Session } from '../tables/sessions.js';
import { Ipv4, ipv4Destination, ipv4Source } from '../wire/ipv4.js';
import { applySession } from './applySession.js';
import { Kind, type PipelineContext } from './context.js';
import { forwardElsewhere } from './elsewhere.js';
import { fragmentInput } from './fragments.js';

/**
 * What becomes of IPv4 frame `f`, classified, at a router that keeps sessions: the gateway, or an SNAT service of networks (dvr.md 2.5).
 * The router is the one `cx` has entered; sessions of others are not found, whatever their addresses are.
 */
export function serve(cx: PipelineContext, f: number): Verdict {
  const kind = cx.kind[f]!;
  if (kind === Kind.Flow) return serveFlow(cx, f);
  return kind === Kind.Fragment ? serveFragment(cx, f) : resolve(cx, f);
}

/** A fragment goes on as what it belongs to. What was found out about it stands in the letter, should another worker be asked. */
function serveFragment(cx: PipelineContext, f: number): Verdict {
  let v = fragmentInput(cx, f);
  if (v === Verdict.Continue) v = cx.kind[f] === Kind.Flow ? serveFlow(cx, f) : resolve(cx, f);
  cx.letter[Letter.Flags] = 0;
  return v;
}

function serveFlow(cx: PipelineContext, f: number): Verdict {
  const outward = !cx.hairpin && cx.rifs.rows[cx.rif[f]! * Rif.Words + Rif.Role] === RifRole.Inside;
  const row = findSession(cx, f, outward);
  if (row < 0) return resolve(cx, f);
  const v = applySession(cx, f, row, outward);
  if (v !== Verdict.Continue) return v;
  const meta = cx.sessions.rows[row + Session.Meta]!;
  if (isSession(meta)) return continueSession(cx, f, row, outward);
  return isElsewhere(meta) ? elsewhere(cx, f, row) : resolve(cx, f);
}

function elsewhere(cx: PipelineContext, f: number, row: number): Verdict {
  const v = forwardElsewhere(cx, f, row);
  return v === Verdict.Continue ? resolve(cx, f) : v;
}

function findSession(cx: PipelineContext, f: number, outward: boolean): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const scope = cx.scope | m.u8[ip + Ipv4.Protocol]!;
  return outward
    ? findOutward(cx.sessions, cx.hash[f]!, ipv4Source(m, ip), ipv4Destination(m, ip), cx.ports[f]!, scope)
    : findInward(cx.sessions, cx.hash[f]!, ipv4Source(m, ip), ipv4Destination(m, ip), cx.ports[f]!, scope);
}
