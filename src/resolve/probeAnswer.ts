import type { PipelineContext } from '../pipeline/context.js';
import { Probe, ProbeSpec } from '../tables/probes.js';
import { Icmp, IcmpType } from '../wire/icmp.js';
import { FragmentBits, Ipv4, ipv4Destination, ipv4HeaderLength, ipv4Source, Protocol } from '../wire/ipv4.js';
import { checksumHolds } from './localService.js';

/**
 * True when frame `f` answers the request to a probed next hop that is under way, which is then noted for worker 0. It must come from
 * the next hop itself, by its interface, to the address that asked, with identifier and sequence number of that very request:
 * 32 bits drawn at random, so that nobody off the link keeps a dead next hop alive.
 */
export function answersProbe(cx: PipelineContext, f: number): boolean {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  if (m.u8[ip + Ipv4.Protocol] !== Protocol.Icmp) return false;
  if ((m.u16[(ip + Ipv4.FlagsFragment) >> 1]! & FragmentBits.NotWhole) !== 0) return false;
  const icmp = ip + ipv4HeaderLength(m, ip);
  if (icmp + Icmp.Header > cx.end[f]! || m.u16[icmp >> 1] !== IcmpType.EchoReply) return false;
  const specs = cx.probes;
  const p = cx.probeRows;
  const source = ipv4Source(m, ip);
  const token = m.i32[(icmp + Icmp.Id) >> 2]!;
  for (let at = 0; at < specs.length; at += ProbeSpec.Words) {
    if (specs[at + ProbeSpec.Gateway] !== source || specs[at + ProbeSpec.Rif] !== cx.rif[f]) continue;
    const row = specs[at + ProbeSpec.Slot]! * Probe.Words;
    if (token === 0 || Atomics.load(p, row + Probe.Token) !== token) return false;
    if (p[row + Probe.Source] !== ipv4Destination(m, ip) || !checksumHolds(cx, f, icmp, Protocol.Icmp)) return false;
    p[row + Probe.AnsweredMs] = cx.nowMs;
    Atomics.store(p, row + Probe.AnsweredToken, token);
    return true;
  }
  return false;
}
