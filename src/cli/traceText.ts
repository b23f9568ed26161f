import type { TraceAnswer } from '../types/trace.js';
import { changedHeaders } from '../types/traceFrame.js';

/** A line per step; the verdict, where to go on, where to look and what changed in the frame come last. Control characters never reach the terminal. */
export function traceText({ steps, verdict, says, look, frame, ask }: Omit<TraceAnswer, 'dropped' | 'leaves'>): string {
  const lines = [...steps, { step: 'verdict', found: `${verdict}. ${says}` }];
  if (ask !== '') lines.push({ step: 'go on', found: ask });
  if (look !== '') lines.push({ step: 'look', found: look });
  const changed = frame === null ? [] : changedHeaders(frame);
  const widest = Math.max(0, ...changed.map(({ header }) => header.length));
  for (const [i, { header, changes }] of changed.entries())
    lines.push({ step: i === 0 ? 'frame' : '', found: `${header.padEnd(widest)} ${changes.join(', ')}` });
  const width = Math.max(...lines.map(({ step }) => step.length));
  return lines
    .map(({ step, found }) => `${step.padEnd(width)}  ${found}`.replace(/\p{Cc}/gu, '?'))
    .join('\n')
    .concat('\n');
}
