import { byPlace, type Issue } from './issues.js';

/** Issues of each severity that are listed. */
const MOST_ISSUES = 100;

/** Ends the look at a file that has more errors than anybody reads: what comes after them costs time and tells nothing. */
export class TooManyIssues extends Error {}

/** What is wrong with one file. Finding the place of an issue costs time, so it is only asked of those that are listed. */
export class IssueList {
  readonly #listed: Issue[] = [];
  readonly #counts = { error: 0, warning: 0 };

  get faulty(): boolean {
    return this.#counts.error > 0;
  }

  /** Throws TooManyIssues at the first error beyond MOST_ISSUES. Warnings beyond them are only counted. */
  add(severity: Issue['severity'], make: () => Issue): void {
    if (++this.#counts[severity] <= MOST_ISSUES) this.#listed.push(make());
    else if (severity === 'error') throw new TooManyIssues();
  }

  /** By place, and last that there are more. */
  all(): Issue[] {
    const listed = this.#listed.sort(byPlace);
    const last = listed.at(-1);
    const more = (severity: Issue['severity'], message: string): Issue[] => {
      if (last === undefined || this.#counts[severity] <= MOST_ISSUES) return [];
      return [{ ...last, severity, path: '', message, remedy: 'Mend the first ones, and check again.' }];
    };
    return [
      ...listed,
      ...more('error', 'and more errors, which are not listed'),
      ...more('warning', `and ${this.#counts.warning - MOST_ISSUES} more warnings, which are not listed`),
    ];
  }
}
