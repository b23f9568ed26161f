import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent } from '../shared/counters.js';
import { L2Kind } from '../tables/l2.js';
import { Lport } from '../tables/lports.js';
import { RARP_OCTETS, rarpWrite } from '../wire/rarp.js';
import { virtioClear } from '../wire/virtioNet.js';
import { sendToHost } from './exit.js';

/**
 * Tells the switches of a port's physical network where its MAC is (dvr.md 5.4): what routers send has the MACs of hosts as source, so
 * those of ports would age out, and frames to them be flooded. False when there is no room for another frame in this turn.
 */
export function announceMac(cx: PipelineContext, port: number): boolean {
  const frame = cx.scratch.take(RARP_OCTETS);
  if (frame < 0) return false;
  const { rows } = cx.switching.lports;
  const row = port * Lport.Words;
  rarpWrite(cx.memory, frame, rows[row + Lport.MacA]!, rows[row + Lport.MacB]!);
  virtioClear(cx.memory, frame);
  const events = cx.counters.events;
  events[CounterEvent.FramesMade] = events[CounterEvent.FramesMade]! + 1;
  events[CounterEvent.MacAnnouncements] = events[CounterEvent.MacAnnouncements]! + 1;
  sendToHost(cx, rows[row + Lport.Network]!, L2Kind.Wire, 0, frame, RARP_OCTETS);
  return true;
}
