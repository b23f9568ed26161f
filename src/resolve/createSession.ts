import type { PipelineContext } from '../pipeline/context.js';
import { firstState } from '../pipeline/tcpState.js';
import { CounterEvent, countEvent } from '../shared/counters.js';
import { Letter, LetterFlag, LetterKind } from '../tables/handoffRing.js';
import { Host } from '../tables/hosts.js';
import { mappingAt, mappingOf } from '../tables/mappings.js';
import { poolOf, portSpaceOf } from '../tables/portBlocks.js';
import { By, insideHash, touchBy } from '../tables/sessionIndices.js';
import { isSession, Session } from '../tables/sessions.js';
import { Mode, Zone } from '../tables/zones.js';
import { Ipv4, ipv4Destination, ipv4Source } from '../wire/ipv4.js';
import { askFor, askToJoin } from './askOwner.js';
import { Choice, Declined } from './choice.js';
import { firstAddress } from './firstAddress.js';
import { admitHost, mayHavePort } from './hostLimits.js';
import { isOfOtherGateway, mappingFlags, opened, useMapping } from './mapping.js';
import { mayOffer, portBy, Stage } from './portWalk.js';

/** What joinMapping says when the host's port has no mapping, or one whose external port another host uses towards this remote. */
const NO_MAPPING = -10;
/** What ownPort says when the address has no port for us at this stage. */
const NO_PORT = -11;
/** In a letter the step of the walk stands below the number of addresses (at most 4096, with 16 workers and four stages). */
const STEP_BITS = 18;

/**
 * A published row on the wheel for an outward frame of zone `z` (first word of its row), or a Declined, with nothing left half made.
 * The port: that of the host's mapping where mapping is endpoint independent; else one of the zone's next address by its
 * pooling, else of the addresses behind it in turn. A port in another worker's block is as good as any: that worker is asked
 * to open the session (D4). `adjacency` is the next hop's, -1 towards one of our own addresses (hairpin).
 */
export function createSession(cx: PipelineContext, f: number, z: number, adjacency: number): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const protocol = m.u8[ip + Ipv4.Protocol]!;
  const inside = ipv4Source(m, ip);
  const c = cx.choice;
  const back = cx.letter[Letter.Kind] === LetterKind.Refused;
  const modes = cx.zones.rows[z + Zone.Modes]! >>> (portSpaceOf(protocol) * 8);
  if ((modes & Mode.Eim) !== 0) {
    c[Choice.InsideHash] = insideHash(cx.sessions, inside, cx.ports[f]! & 0xffff, cx.scope | protocol);
    c[Choice.Touched] = touchBy(cx.sessions, By.Inside, c[Choice.InsideHash]!);
  }
  const refusal = admitHost(cx, z, inside, protocol, back);
  if (refusal !== 0) return refusal;
  c[Choice.Zone] = cx.zones.rows[z + Zone.State]!;
  c[Choice.Adjacency] = adjacency;
  c[Choice.State] = firstState(m, ip);
  c[Choice.OutwardHash] = cx.hash[f]!;
  c[Choice.Flags] = mappingFlags(modes);
  if (back && isApart(cx, f, inside, protocol)) c[Choice.Flags] = 0;
  else if ((modes & Mode.Eim) !== 0) {
    const row = joinMapping(cx, f, inside, ipv4Destination(m, ip), protocol);
    if (row !== NO_MAPPING) return row;
  }
  if (!mayHavePort(cx, z, protocol)) return Declined.HostLimit;
  c[Choice.NewPort] = 1;
  return walk(cx, f, z, modes, protocol, back && cx.letter[Letter.Start]! >= 0);
}

/**
 * True for a session that comes back and gets a port without a mapping: the worker with the mapping could not take it in. One
 * whose mapping has ended since begins another.
 */
function isApart(cx: PipelineContext, f: number, inside: number, protocol: number): boolean {
  const flags = cx.letter[Letter.Flags]!;
  if ((flags & LetterFlag.Join) === 0) return (flags & LetterFlag.Apart) !== 0;
  const mapping = mappingOf(cx.sessions, inside, cx.ports[f]! & 0xffff, cx.scope | protocol);
  return mapping >= 0 && !isSession(cx.sessions.rows[mapping + Session.Meta]!);
}

/** One more session of the mapping that the host's port has. */
function joinMapping(cx: PipelineContext, f: number, inside: number, remote: number, protocol: number): number {
  const ports = cx.ports[f]!;
  const mapping = mappingAt(cx.sessions, cx.choice[Choice.InsideHash]!, inside, ports & 0xffff, cx.scope | protocol);
  if (mapping < 0) return NO_MAPPING;
  if (isOfOtherGateway(cx, mapping)) return apart(cx);
  if (!isSession(cx.sessions.rows[mapping + Session.Meta]!)) return askToJoin(cx, f, mapping);
  if (!useMapping(cx, mapping, remote, ports >>> 16)) return apart(cx);
  return opened(cx, inside, remote, ports, protocol);
}

/** A mapping of its own would be a second one of the same inside port: the session gets a port without. */
function apart(cx: PipelineContext): number {
  cx.choice[Choice.Flags] = 0;
  return NO_MAPPING;
}

/** Goes through stages, addresses and workers until one has a port. */
function walk(cx: PipelineContext, f: number, z: number, modes: number, protocol: number, goesOn: boolean): number {
  const count = cx.zones.rows[z + Zone.Count]!;
  const workers = cx.handoff.workers;
  const round = count * workers;
  // The cursor moves once per session asked for, served or not (dsnat; zones.md 1.4).
  const start = goesOn ? cx.letter[Letter.Start]! % count : firstAddress(cx, z, protocol, ipv4Source(cx.memory, cx.ip[f]!));
  // A reload may have changed the addresses since the walk began: then it begins anew.
  let step = goesOn && cx.letter[Letter.Step]! >>> STEP_BITS === count ? cx.letter[Letter.Step]! & ((1 << STEP_BITS) - 1) : 0;
  if (step === 0) {
    // Nearly always the end, and without the divisions below.
    const row = ownPort(cx, f, Stage.Free, modes, protocol, cx.zones.rows[z + Zone.First]! + start);
    if (row !== NO_PORT) return row;
    if (workers === 1) countEvent(cx.counters, CounterEvent.AddressRetries);
    step = 1;
  }
  for (; step < Stage.Count * round; step++) {
    const stage = (step / round) | 0;
    if (stage === Stage.Share && (modes & Mode.Overload) === 0) {
      step = (stage + 1) * round - 1;
      continue;
    }
    const within = step % round;
    const chosen = cx.zones.rows[z + Zone.First]! + ((start + ((within / workers) | 0)) % count);
    const worker = (cx.worker + (within % workers)) % workers;
    if (worker === cx.worker) {
      const row = ownPort(cx, f, stage, modes, protocol, chosen);
      if (row !== NO_PORT) return row;
    } else if (mayOffer(cx, worker, stage, choose(cx, protocol, chosen))) {
      cx.choice[Choice.Start] = start;
      cx.choice[Choice.Step] = (step + 1) | (count << STEP_BITS);
      stick(cx);
      return askFor(cx, f, worker, stage);
    }
    if (stage === Stage.Free && within % workers === workers - 1) countEvent(cx.counters, CounterEvent.AddressRetries);
  }
  return Declined.PortsExhausted;
}

/** Row of a session with one of our ports of the address (its place in `zones.addresses`), a Declined, or NO_PORT. */
function ownPort(cx: PipelineContext, f: number, stage: Stage, modes: number, protocol: number, chosen: number): number {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const inside = ipv4Source(m, ip);
  const remote = ipv4Destination(m, ip);
  const ports = cx.ports[f]!;
  const port = portBy(cx, stage, modes, choose(cx, protocol, chosen), inside, remote, ports >>> 16);
  if (port < 0) return NO_PORT;
  cx.choice[Choice.Port] = port;
  stick(cx);
  return opened(cx, inside, remote, ports, protocol);
}

/** Puts the address into `cx.choice` and returns its pool. */
function choose(cx: PipelineContext, protocol: number, chosen: number): number {
  const address = cx.zones.pools[chosen]!;
  cx.choice[Choice.Address] = address;
  cx.choice[Choice.External] = cx.zones.addresses[chosen]!;
  return poolOf(cx.ports64, protocol, address);
}

/** The host stays with the address of its first session (rr-host). */
function stick(cx: PipelineContext): void {
  const at = cx.choice[Choice.Host]! + Host.Sticky;
  if (cx.hosts.rows[at] === 0) cx.hosts.rows[at] = cx.choice[Choice.Address]! + 1;
}
