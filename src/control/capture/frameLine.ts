import { describeFrame } from '../../wire/describe.js';

/** A frame as one line in the manner of tcpdump. `timeMicros` counts from 1970. */
export function frameLine(frame: Uint8Array, timeMicros: number): string {
  return `${clock(timeMicros)} ${describeFrame(frame)}`;
}

/** The same without the time. */
export function frameText(frame: Uint8Array): string {
  return describeFrame(frame);
}

/** Local time of day with microseconds, as tcpdump begins its lines. */
function clock(timeMicros: number): string {
  const at = new Date(timeMicros / 1000);
  const pair = (n: number): string => String(n).padStart(2, '0');
  const micros = String(Math.floor(timeMicros % 1_000_000)).padStart(6, '0');
  return `${pair(at.getHours())}:${pair(at.getMinutes())}:${pair(at.getSeconds())}.${micros}`;
}
