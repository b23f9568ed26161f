import type { Verdict } from '../../shared/verdict.js';
import type { TraceStep } from '../../types/trace.js';
import { IcmpType, isIcmpError } from '../../wire/icmp.js';
import { Protocol } from '../../wire/ipv4.js';
import { TcpFlag } from '../../wire/tcp.js';
import type { Scene, Stage } from './scene.js';
import type { Packet } from './writePacket.js';

/** Up to the stage that decided. */
export function decidedSteps(told: Iterable<Stage>, verdict: Verdict): TraceStep[] {
  const steps: TraceStep[] = [];
  for (const { step, found, decides } of told) {
    steps.push({ step, found });
    if (decides.includes(verdict)) break;
  }
  return steps;
}

/** A captured frame has passed already: the session it finds may be the one it made. */
export function ownSession({ found, packet }: Scene, { step, found: said }: TraceStep): TraceStep {
  const isOwn = step === 'session' && found !== undefined && mayOpen(packet);
  return { step, found: isOwn ? `${said}; perhaps made by this very frame` : said };
}

/** True for a packet that could have been the first of its session. */
function mayOpen({ protocol, tcpFlags, icmpType }: Packet): boolean {
  if (protocol === Protocol.Tcp) return (tcpFlags & (TcpFlag.Syn | TcpFlag.Ack)) === TcpFlag.Syn;
  return protocol !== Protocol.Icmp || (icmpType !== IcmpType.EchoReply && !isIcmpError(icmpType));
}
