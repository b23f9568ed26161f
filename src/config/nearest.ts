/** The word of the list that a person most likely meant, or undefined when none is near. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  for (const candidate of words) {
    const steps = distance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (steps < least) {
      least = steps;
      best = candidate;
    }
  }
  return best;
}

/**
 * The same for names that people give: undefined also when several are equally near, and when they differ in numbers only, as then another one is
 * meant.
 */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  const meant = nearest(word, names);
  const steps = (name: string): number => distance(word.toLowerCase(), name.toLowerCase(), word.length + name.length);
  if (meant === undefined || steps(meant) === 0) return meant;
  const least = steps(meant);
  const doubtful =
    withoutNumbers(meant) === withoutNumbers(word) || names.some((name) => name !== meant && steps(name) === least);
  return doubtful ? undefined : meant;
}

function withoutNumbers(name: string): string {
  return name.toLowerCase().replaceAll(/\d+/g, '');
}

/** "h1, h2 and 7 more". */
export function someOf(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).join(', ');
  return names.length > MOST_LISTED ? `${shown} and ${names.length - MOST_LISTED} more` : shown;
}

/** Names that a sentence lists. */
const MOST_LISTED = 8;

/** Optimal string alignment: insertions, deletions, changes, swaps of neighbours. Gives `limit` when it is not below. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(change, rows[i - 1]![j]! + 1, row[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return Math.min(rows[a.length]![b.length]!, limit);
}
