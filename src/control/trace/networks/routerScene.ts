import type { Shown } from '../../show/shown.js';
import type { SentPacket } from '../rehearsalFrames.js';
import type { Outcome } from '../rehearse.js';
import type { Scene } from '../scene.js';
import type { Packet } from '../writePacket.js';
import { asRouter } from './asRouter.js';
import type { NetworkOutcome, NetworkRehearsal } from './rehearseNetwork.js';
import type { RouterEntry } from './routerEntries.js';

/** What the stages of one router are told from; `visit`: which of the rehearsal's it is, -1 for a router without sessions. */
export function sceneAt(
  shown: Shown,
  rehearsal: NetworkRehearsal,
  { router, rif, inside, verdict }: RouterEntry,
  packet: Packet,
  visit: number,
): Scene {
  const { visits, waiting, neighbors, outcome, answered } = rehearsal;
  const met = visits[visit];
  const last = outcomeAt(answered ?? outcome, verdict, visit);
  const entry = { name: rif.config.name, vlan: 0, rif: rif.index, inside };
  return {
    shown: asRouter(shown, router),
    packet,
    entry,
    self: 'router',
    found: (met?.out ?? met?.back)?.session,
    rehearsal: {
      ...{ out: met?.out, back: met?.back, waiting, neighbors },
      outcome: last,
      answered: answered === undefined ? undefined : last,
    },
    last,
  };
}

function outcomeAt(ran: NetworkOutcome, verdict: RouterEntry['verdict'], visit: number): Outcome {
  const { came, left, icmpErrors, resets, fragments, neighbors, sessions } = ran;
  const sent = left.flatMap(({ fields, type, code, leaving }): SentPacket[] =>
    fields === undefined ? [] : [{ rif: -1, fields, type, code, leaving }],
  );
  const { words, isNew = false, isPortOpen = false, turned } = sessions[visit] ?? {};
  return { verdict, came, sent, icmpErrors, resets, fragments, neighbors, session: words, isNew, isPortOpen, turned };
}
