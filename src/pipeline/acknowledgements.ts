import { TcpFlag } from '../wire/tcp.js';
import type { PipelineContext } from './context.js';

/**
 * The last acknowledgement number each end of a TCP session sent: the sequence number it expects next, and the only one it takes an
 * RST with (RFC 5961 3.2). Kept for the RSTs at a session's end alone (TIM-6), two words as loaded for each row of the session
 * table: [from outside, from inside]; 0 = none seen. Written while Limit.ResetOnExpiry is set; plainTranslate.ts writes it too.
 */

/** Word of the number sent from inside (`outward`) or from outside, in `cx.acks`. Rows are 16 words. */
export function ackWord(row: number, outward: boolean): number {
  return outward ? (row >> 3) | 1 : row >> 3;
}

/** Takes note of a segment with `flags` and acknowledgement number `ack`. A SYN from inside is the start of a new life (TCP-8). */
export function noteAck(cx: PipelineContext, row: number, outward: boolean, flags: number, ack: number): void {
  if ((flags & TcpFlag.Rst) !== 0) return;
  if ((flags & TcpFlag.Ack) !== 0) cx.acks[ackWord(row, outward)] = ack;
  else if (outward) forgetAcks(cx, row);
}

export function forgetAcks(cx: PipelineContext, row: number): void {
  cx.acks[ackWord(row, true)] = 0;
  cx.acks[ackWord(row, false)] = 0;
}
