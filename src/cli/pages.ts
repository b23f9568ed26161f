import { InvalidArgumentError } from 'commander';
import { WindroseError } from '../errors/catalog.js';
import { PAGES_BEGIN, type PageAnswer } from '../types/show.js';

/** Reads the value of --cursor. */
export function pageCursor(text: string): string {
  if (text === PAGES_BEGIN || /^\d{1,3}\.\d{1,8}$/.test(text)) return text;
  throw new InvalidArgumentError(`It is "${PAGES_BEGIN}" or what the page before said.`);
}

/** The rows of an answer, and of a page where the next one begins. Throws CONTROL_FAULT when it is neither. */
export function rowsOf(answer: unknown, socket: string): { rows: unknown[]; next: string | null } {
  if (Array.isArray(answer)) return { rows: answer, next: null };
  const { rows, next } = (answer ?? {}) as Partial<PageAnswer<unknown>>;
  if (Array.isArray(rows)) return { rows, next: next ?? null };
  throw new WindroseError('CONTROL_FAULT', socket, 'the answer is not a list of rows');
}
