/** Changes, and characters of one, that a line of the log holds: who collects logs cuts or drops lines of 100 KiB. */
const MOST_CHANGES = 20;
const LONGEST_CHANGE = 500;

/** The changes of a reload as the log has them: the first ones, each not too long, and how many more there are. */
export function inLog(changes: readonly string[]): string[] {
  const shown = changes.slice(0, MOST_CHANGES).map((change) => {
    return change.length <= LONGEST_CHANGE ? change : `${change.slice(0, LONGEST_CHANGE)}... (${change.length} characters)`;
  });
  const more = changes.length - MOST_CHANGES;
  return more > 0 ? [...shown, `and ${more} more`] : shown;
}
