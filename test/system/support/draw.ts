/**
 * Which combinations of a scenario this run takes: every one, or one of them in a run of all tests (scripts/run-tests.mjs). The number given
 * goes up with every commit, so that so many commits as there are combinations try them all; the name makes scenarios begin with different ones.
 */
export function drawn<T>(name: string, all: readonly T[]): readonly T[] {
  const draw = process.env.WINDROSE_TEST_DRAW ?? 'all';
  if (draw === 'all' || all.length < 2) return all;
  let start = Number(draw);
  for (const letter of name) start += letter.charCodeAt(0);
  return [all[start % all.length]!];
}
