import { Kind, type PipelineContext } from '../pipeline/context.js';
import { HeldSyn } from '../pipeline/heldSyns.js';
import { opensConnection } from '../pipeline/tcpState.js';
import { Verdict } from '../shared/verdict.js';
import { poolAddressOf } from '../tables/addresses.js';
import { flowHash } from '../tables/hash.js';
import { isTaken, ownerOf } from '../tables/ownership.js';
import { poolOf, swapPort } from '../tables/portBlocks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { routerOf, Session, scopeOf } from '../tables/sessions.js';
import { Limit, Timeout } from '../tables/snapshot.js';
import { IcmpType, UnreachableCode } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { Arena } from '../wire/memory.js';
import { Tcp } from '../wire/tcp.js';
import { virtioClear } from '../wire/virtioNet.js';
import { sendIcmpError } from './icmpError.js';

const L2 = 14;
/** Octets of the transport header that an ICMP error quotes at least (RFC 792). */
const QUOTED_L4 = 8;

/**
 * A SYN from outside to a local address (`route` is the row of its Local or Zone route) that no session took. Nothing is said about
 * it at first: the inside may be opening the same connection at this moment (TCP-3, TCP-4). Continue: it is something else.
 */
export function unsolicitedSyn(cx: PipelineContext, f: number, route: number): Verdict {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if (cx.kind[f] !== Kind.Flow || m.u8[ip + Ipv4.Protocol] !== Protocol.Tcp || poolAddressOf(cx.addresses.rows, route) < 0)
    return Verdict.Continue;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.Offset) !== 0) return Verdict.Continue;
  const flags = m.u8[ip + ipv4HeaderLength(m, ip) + Tcp.Flags]!;
  if (!opensConnection(flags)) return Verdict.Continue;
  if (cx.limits[Limit.AnswerUnsolicited] !== 0) hold(cx, f);
  return Verdict.DropUnsolicitedSyn;
}

/** Remembers what an ICMP error about the SYN needs. One that is sent again changes nothing. */
function hold(cx: PipelineContext, f: number): void {
  const m = cx.memory;
  const held = cx.heldSyns;
  const ip = cx.ip[f]!;
  if (held.find(cx.hash[f]!, cx.router, ipv4Source(m, ip), ipv4Destination(m, ip), cx.ports[f]!) >= 0) return;
  const at = held.put(cx.hash[f]!);
  const w = held.words;
  const octets = ipv4HeaderLength(m, ip) + QUOTED_L4;
  w[at + HeldSyn.Since] = cx.now;
  w[at + HeldSyn.Rif] = cx.rif[f]!;
  w[at + HeldSyn.Epoch] = cx.epoch;
  w[at + HeldSyn.Router] = cx.router;
  w[at + HeldSyn.Remote] = ipv4Source(m, ip);
  w[at + HeldSyn.External] = ipv4Destination(m, ip);
  w[at + HeldSyn.Ports] = cx.ports[f]!;
  w[at + HeldSyn.Octets] = octets;
  for (let i = 0; i < octets >> 2; i++) w[at + HeldSyn.Quote + i] = m.i32[(ip >> 2) + i]!;
}

/** The inside has opened the connection of the session in `row`: a SYN of the other end that came first is forgotten (TCP-4). */
export function forgetHeldSyn(cx: PipelineContext, row: number): void {
  const r = cx.sessions.rows;
  const remote = r[row + Session.RemoteAddress]!;
  const external = r[row + Session.ExternalAddress]!;
  const ports = r[row + Session.InwardPorts]!;
  const hash = flowHash(cx.sessions.key, remote, external, ports, scopeOf(r, row));
  const at = cx.heldSyns.find(hash, routerOf(r, row), remote, external, ports);
  if (at >= 0) cx.heldSyns.forget(at);
}

/**
 * Answers the SYNs whose time is over by ICMP 3/3 (TCP-4), within the limits of ICMP errors. Uses the arena's burst window, so no
 * received frame may be in hand.
 */
export function answerHeldSyns(cx: PipelineContext): void {
  const held = cx.heldSyns;
  while (held.count > 0) {
    const at = held.oldest();
    if (!held.isHole(at)) {
      // A tick may have been nearly over when it came: one more, so that the answer is never early.
      if (((cx.now - held.words[at + HeldSyn.Since]!) | 0) <= cx.timeouts[Timeout.UnsolicitedSyn]!) return;
      // Of another epoch its router may be gone as well.
      if (held.words[at + HeldSyn.Epoch] === cx.epoch) answer(cx, at);
    }
    held.drop();
  }
}

/** Lays the quote out as a received frame and has it refused like one. */
function answer(cx: PipelineContext, at: number): void {
  const m = cx.memory;
  const w = cx.heldSyns.words;
  cx.enterRouter(w[at + HeldSyn.Router]!);
  if (isTakenElsewhere(cx, at)) return;
  const frame: number = Arena.BurstStart + Arena.FrameStart;
  const ip = frame + L2;
  const octets = w[at + HeldSyn.Octets]!;
  for (let i = 0; i < octets >> 2; i++) m.i32[(ip >> 2) + i] = w[at + HeldSyn.Quote + i]!;
  virtioClear(m, frame);
  cx.offsets[0] = frame;
  cx.lengths[0] = L2 + octets;
  cx.tags[0] = 0;
  cx.rif[0] = w[at + HeldSyn.Rif]!;
  cx.ip[0] = ip;
  cx.end[0] = ip + octets;
  sendIcmpError(cx, 0, IcmpType.Unreachable, UnreachableCode.Port, 0);
}

/** Another worker has the port by now: whether for this remote is its knowledge, so nothing is said. */
function isTakenElsewhere(cx: PipelineContext, at: number): boolean {
  const w = cx.heldSyns.words;
  const index = poolAddressOf(cx.addresses.rows, trieLookup(cx.addresses.trie, w[at + HeldSyn.External]!));
  if (index < 0) return true;
  const pool = poolOf(cx.ports64, Protocol.Tcp, index);
  const port = swapPort(w[at + HeldSyn.Ports]! >>> 16);
  const owner = ownerOf(cx.ports64, pool, port);
  if (owner < 0 || owner === cx.worker) return false;
  return isTaken(cx.ports64, pool, port);
}
