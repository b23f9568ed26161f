import { readFileSync } from 'node:fs';

/** Reads a help page. The pages are text files beside the sources, since the compiler does not copy them. */
export function helpPage(page: string): string {
  for (const place of [`./help/${page}.txt`, `../../../src/cli/help/${page}.txt`]) {
    try {
      return readFileSync(new URL(place, import.meta.url), 'utf8');
    } catch {
      // The next place is tried; without its page a verb still has its options.
    }
  }
  return '';
}
