import type { TraceAnswer } from '../types/trace.js';
import { changedHeaders } from '../types/traceFrame.js';

/** Columns of a line, if its words allow it. */
const WIDEST = 120;
/** A list item of less than this stays with the next one. */
const ITEM_END = 20;
/** What is to be typed stays one line. */
const COMMAND = 'go on';

/**
 * A line per step, or several where it is long; the verdict, where to go on, where to look and what changed in the frame come
 * last. Control characters never reach the terminal.
 */
export function traceText({ steps, verdict, says, look, frame, ask }: Omit<TraceAnswer, 'dropped' | 'leaves'>): string {
  const lines = [...steps, { step: 'verdict', found: `${verdict}. ${says}` }];
  if (ask !== '') lines.push({ step: COMMAND, found: ask });
  if (look !== '') lines.push({ step: 'look', found: look });
  const changed = frame === null ? [] : changedHeaders(frame);
  const widest = Math.max(0, ...changed.map(({ header }) => header.length));
  for (const [i, { header, changes }] of changed.entries())
    lines.push({ step: i === 0 ? 'frame' : '', found: `${header.padEnd(widest)} ${changes.join(', ')}` });
  const width = Math.max(...lines.map(({ step }) => step.length));
  return lines
    .flatMap(({ step, found }) => {
      const parts = step === COMMAND ? [found] : wrapped(found, WIDEST - width - 2);
      return parts.map((part, i) => `${(i === 0 ? step : '').padEnd(width)}  ${part}`.replace(/\p{Cc}/gu, '?'));
    })
    .join('\n')
    .concat('\n');
}

/** Broken behind an item of a list; behind lesser marks where one is in the second half of a line, else between words. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const most = rest.slice(0, width + 1);
    const ends = ['; ', '. ', ', ', ' '].map((end) => most.lastIndexOf(end) + end.length - 1);
    const next = rest.indexOf(' ', width);
    const at = ends.find((end, i) => end > (i === 0 ? ITEM_END : width / 2)) ?? (next < 0 ? rest.length : next);
    lines.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at).trimStart();
  }
  return rest === '' ? lines : [...lines, rest];
}
