import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent } from '../shared/counters.js';
import { Probe, ProbeSpec } from '../tables/probes.js';
import { ownAddressTowards } from '../tables/rifs.js';
import { sumOctets } from '../wire/checksum.js';
import { EtherType } from '../wire/ethernet.js';
import { Icmp, IcmpType } from '../wire/icmp.js';
import { Ipv4 } from '../wire/ipv4.js';
import { virtioClear } from '../wire/virtioNet.js';
import { writeIcmpIpv4 } from './madeIcmp.js';
import { adjacencyFor } from './nextHop.js';
import { sendBy } from './sendMade.js';

const L2 = 14;
/** Octets behind the ICMP header, zeros: with them the frame is as long as the shortest one of Ethernet. */
const PAYLOAD = 18;
const OCTETS = Ipv4.MinHeader + Icmp.Header + PAYLOAD;
/** Internetwork control (RFC 1812 5.3.2): a full link must not look like a dead next hop. */
const TOS = 0xc0;

/**
 * Sends an echo request to the next hop of the spec at `at`, by its neighbour and not by the routes: they may pass it over. Its token
 * stands in the row at `row` before the frame can be answered. False when there was no room to ask: that is no sign of death.
 */
export function sendProbe(cx: PipelineContext, at: number, row: number): boolean {
  const m = cx.memory;
  const rif = cx.probes[at + ProbeSpec.Rif]!;
  const gateway = cx.probes[at + ProbeSpec.Gateway]!;
  const source = ownAddressTowards(cx.rifs, rif, gateway);
  const adjacency = source === 0 ? -1 : adjacencyFor(cx, rif, gateway);
  const record = adjacency < 0 ? -1 : cx.scratch.take(L2 + OCTETS);
  if (record < 0) return false;
  const ip = record + L2;
  const icmp = ip + Ipv4.MinHeader;
  const token = freshToken(cx, row);
  m.u8.fill(0, icmp, ip + OCTETS);
  m.u8[icmp] = IcmpType.Echo;
  m.i32[(icmp + Icmp.Id) >> 2] = token;
  m.u16[(icmp + Icmp.Checksum) >> 1] = ~sumOctets(m, icmp, Icmp.Header + PAYLOAD, 0) & 0xffff;
  writeIcmpIpv4(cx, ip, OCTETS, TOS, source, gateway);
  virtioClear(m, record);
  // Should it wait for its neighbour, this says that there is no tag between (requeue.ts).
  m.u16[(ip - 2) >> 1] = EtherType.Ipv4;
  cx.counters.events[CounterEvent.FramesMade] = cx.counters.events[CounterEvent.FramesMade]! + 1;
  const p = cx.probeRows;
  p[row + Probe.Source] = source;
  p[row + Probe.SentMs] = cx.nowMs;
  Atomics.store(p, row + Probe.Token, token);
  sendBy(cx, adjacency, ip, OCTETS, L2);
  return true;
}

/** Identifier and sequence number nobody can guess; not 0, and not those of the answer that came last. */
function freshToken(cx: PipelineContext, row: number): number {
  for (;;) {
    const token = cx.random.next();
    if (token !== 0 && token !== Atomics.load(cx.probeRows, row + Probe.AnsweredToken)) return token;
  }
}
