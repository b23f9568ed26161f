import { Verdict } from '../../shared/verdict.js';
import { swapPort } from '../../tables/portBlocks.js';
import { Session, SessionFlag } from '../../tables/sessions.js';
import { Protocol } from '../../wire/ipv4.js';
import { scopeOfFlow } from './flow.js';
import { fixedStage, hostStage, tableStage } from './limitStages.js';
import { holderOf, type LiveRow, MOST_COUNTED, sessionsOfMapping } from './liveRows.js';
import type { InwardProspect } from './prospects.js';
import { endpoint, type Scene, type Stage, text } from './scene.js';
import { sessionLine } from './sessionLine.js';

/** A packet that turns back may get, by chance, the port that it is addressed to, or one that was talked to. */
const OTHER_PORT = ', unless its new port is that one';

/** The stages of resolve/fromOutside.ts: for a packet from outside, or one from inside that turned back. */
export function* inwardStages(scene: Scene, back: InwardProspect): Generator<Stage> {
  const { flow, fixed, mapping } = back;
  if (fixed >= 0) {
    yield fixedStage(scene, fixed);
    yield tableStage(scene);
  } else if (mapping !== undefined) {
    yield mappingStage(scene, mapping);
    yield { step: 'filtering', found: letsIn(mapping.words, flow.source), decides: [] };
    yield hostStage(scene, mapping.words[Session.InsideAddress]!, back.host);
    if (back.blocked !== undefined)
      yield {
        step: 'session',
        found: `another one of ${endpoint(flow.source, flow.ports & 0xffff)} was on this port, which is held`,
        decides: [Verdict.DropNoSession],
      };
    yield tableStage(scene);
  } else if (!flow.onlyStatic && flow.protocol !== Protocol.Icmp) {
    const holder = holderOf(scene.shown.states, flow.destination, flow.ports >>> 16, scopeOfFlow(flow));
    if (holder === undefined) return;
    yield mappingStage(scene, holder);
    yield {
      step: 'filtering',
      found: keepsOut(scene, holder.words, back),
      decides: [Verdict.DropFiltered, Verdict.DropUnsolicitedSyn],
    };
  }
}

/** The second half of a packet that turns back (resolve/hairpin.ts). */
export function* turnedStages(scene: Scene, back: InwardProspect): Generator<Stage> {
  const { flow, session } = back;
  const { isPortOpen } = scene.last;
  const from = isPortOpen ? text(flow.source) : endpoint(flow.source, flow.ports & 0xffff);
  const inside = scene.last.turned?.[Session.InsideAddress];
  const port = scene.last.turned?.[Session.OutwardPorts] ?? 0;
  const to = inside === undefined ? endpoint(flow.destination, flow.ports >>> 16) : endpoint(inside, port & 0xffff);
  yield {
    step: 'hairpin',
    found: `turns back: then from ${from} to ${to}${isPortOpen && flow.source === flow.destination ? OTHER_PORT : ''}`,
    decides: [Verdict.DropHairpin, Verdict.DropTtlExceeded],
  };
  if (session !== undefined) yield { step: 'session', found: sessionLine(scene.shown, session), decides: [Verdict.DropTcpState] };
  else yield* inwardStages(scene, back);
  yield {
    step: 'inward',
    found: 'what no session, mapping or static mapping lets in goes no further',
    decides: [Verdict.DropNoSession, Verdict.DropFiltered, Verdict.DropUnsolicitedSyn, Verdict.DropBadProtocol],
  };
}

/** "10.0.0.5:4000 has 192.0.2.10:2003 (3 sessions)" */
export function mappingText({ shown }: Scene, mapping: LiveRow): string {
  const s = mapping.words;
  const external = endpoint(s[Session.ExternalAddress]!, s[Session.InwardPorts]! >>> 16);
  const ends = `${endpoint(s[Session.InsideAddress]!, s[Session.OutwardPorts]! & 0xffff)} has ${external}`;
  if ((s[Session.Meta]! & SessionFlag.Mapped) === 0) return `${ends} for one remote, ${remoteOf(s)}`;
  const count = sessionsOfMapping(shown.states, mapping);
  return `${ends} (${count}${count === MOST_COUNTED ? ' or more' : ''} session${count === 1 ? '' : 's'})`;
}

function mappingStage(scene: Scene, mapping: LiveRow): Stage {
  return { step: 'mapping', found: mappingText(scene, mapping), decides: [] };
}

function letsIn(mapping: Int32Array, remote: number): string {
  if ((mapping[Session.Meta]! & SessionFlag.Eif) !== 0) return 'eif: anybody may come in';
  return `adf: ${text(remote)} was talked to`;
}

function keepsOut({ last }: Scene, holder: Int32Array, { flow }: InwardProspect): string {
  if ((holder[Session.Meta]! & SessionFlag.Eif) !== 0) return 'eif: but this opens no connection';
  if ((holder[Session.Meta]! & SessionFlag.Adf) !== 0) return `adf: ${text(flow.source)} was not talked to`;
  if (!last.isPortOpen) return `apdf: ${endpoint(flow.source, flow.ports & 0xffff)} was not talked to`;
  const open = holder[Session.RemoteAddress] === flow.source ? OTHER_PORT : '';
  return `apdf: ${text(flow.source)} was not talked to on its port${open}`;
}

function remoteOf(s: Int32Array): string {
  return `${text(s[Session.RemoteAddress]!)}:${swapPort(s[Session.OutwardPorts]! >>> 16)}`;
}
