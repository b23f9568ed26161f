import type { Path } from './issues.js';

/** An item of the file and the place it came from. */
export interface Placed<T> {
  readonly value: T;
  readonly path: Path;
}

/** The readable items of a list with their paths. */
export function placed<T>(items: readonly (T | undefined)[] | undefined, key: string): Placed<T>[] {
  const found: Placed<T>[] = [];
  for (const [i, value] of (items ?? []).entries()) if (value !== undefined) found.push({ value, path: [key, i] });
  return found;
}
