import { timerNames } from './timers.js';
import { type TimersEntry, timersSchema, timersShape } from './timersSchema.js';

/**
 * The section `timers` without those timers that cannot be read, so that the others are checked although the section has a
 * fault. Undefined when something else is wrong with it: the profile, or a misspelt allowShort, decides what each may be.
 */
export function soundTimers(raw: unknown): TimersEntry | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const given = { ...raw } as Record<string, unknown>;
  for (const timer of timerNames)
    if (Object.hasOwn(given, timer) && !timersShape[timer].safeParse(given[timer]).success) delete given[timer];
  return timersSchema.safeParse(given).data;
}
