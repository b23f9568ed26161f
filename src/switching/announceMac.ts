import type { PipelineContext } from '../pipeline/context.js';
import { CounterEvent } from '../shared/counters.js';
import { L2Kind } from '../tables/l2.js';
import { Lport } from '../tables/lports.js';
import { Rif } from '../tables/rifs.js';
import { RARP_OCTETS, rarpWrite } from '../wire/rarp.js';
import { virtioClear } from '../wire/virtioNet.js';
import { sendToHost } from './exit.js';

/**
 * Tells the switches of a port's physical network where its MAC is (dvr.md 5.4): what routers send has the MACs of hosts as source, so
 * those of ports would age out, and frames to them be flooded. False when there is no room for another frame in this turn.
 */
export function announceMac(cx: PipelineContext, port: number): boolean {
  const { rows } = cx.switching.lports;
  const row = port * Lport.Words;
  return announce(cx, rows[row + Lport.Network]!, rows[row + Lport.MacA]!, rows[row + Lport.MacB]!);
}

/** The same of a router interface that is on this host alone. */
export function announceRif(cx: PipelineContext, rif: number): boolean {
  const { rows, macWords } = cx.rifs;
  return announce(cx, rows[rif * Rif.Words + Rif.Network]!, macWords[rif << 1]!, macWords[(rif << 1) + 1]!);
}

function announce(cx: PipelineContext, network: number, macA: number, macB: number): boolean {
  const frame = cx.scratch.take(RARP_OCTETS);
  if (frame < 0) return false;
  rarpWrite(cx.memory, frame, macA, macB);
  virtioClear(cx.memory, frame);
  const events = cx.counters.events;
  events[CounterEvent.FramesMade] = events[CounterEvent.FramesMade]! + 1;
  events[CounterEvent.MacAnnouncements] = events[CounterEvent.MacAnnouncements]! + 1;
  sendToHost(cx, network, L2Kind.Wire, 0, frame, RARP_OCTETS);
  return true;
}
