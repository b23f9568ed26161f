import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent } from '../shared/counters.js';
import { ipv4Destination, ipv4HeaderLength, ipv4Source, isMartianSource } from '../wire/ipv4.js';
import { swap32 } from '../wire/memory.js';
import { Tcp, TcpFlag, tcpHeaderLength } from '../wire/tcp.js';
import { allowed } from './icmpError.js';
import { sendMade } from './sendMade.js';
import { RESET_L2, RESET_OCTETS, swapPorts, writeReset } from './tcpReset.js';

/**
 * Answers the TCP segment of flow frame `f`, whose flags are `flags`, in the name of whom it is addressed to, as a host without the
 * connection does (RFC 9293 3.10.7.1), within the limits of ICMP errors. The caller sees to it that no RST is answered.
 */
export function answerByReset(cx: PipelineContext, f: number, flags: number): void {
  const m = cx.memory;
  const ip = cx.ip[f]!;
  const l4 = ip + ipv4HeaderLength(m, ip);
  const sender = ipv4Source(m, ip);
  if (isMartianSource(sender) || !allowed(cx, sender, false)) {
    cx.counters.events[CounterEvent.ResetsSuppressed] = cx.counters.events[CounterEvent.ResetsSuppressed]! + 1;
    return;
  }
  const acknowledges = (flags & TcpFlag.Ack) !== 0;
  const payload = cx.end[f]! - l4 - tcpHeaderLength(m, l4);
  const octets = payload + ((flags & TcpFlag.Syn) === 0 ? 0 : 1) + ((flags & TcpFlag.Fin) === 0 ? 0 : 1);
  const reset = writeReset(
    cx,
    ipv4Destination(m, ip),
    sender,
    swapPorts(cx.ports[f]!),
    acknowledges ? swap32(m.i32[(l4 + Tcp.Acknowledgement) >> 2]!) : 0,
    acknowledges ? 0 : (swap32(m.i32[(l4 + Tcp.Sequence) >> 2]!) + octets) | 0,
    acknowledges ? 0 : TcpFlag.Ack,
  );
  if (reset >= 0) sendMade(cx, f, reset, RESET_OCTETS, RESET_L2, sender);
}
