import { createHash } from 'node:crypto';

/** Lines that say by themselves whether they are whole: a checksum, a blank, JSON. The files can be read by a person. */

/** Hexadecimal digits of SHA-256 in front of a line: against torn and decayed lines, not against forgery. */
const DIGITS = 16;

/** The line, with its end. */
export function seal(value: unknown): string {
  const json = JSON.stringify(value);
  return `${sumOf(json)} ${json}\n`;
}

/** The value of a line without its end; undefined: it is not whole. */
export function unseal(line: string): unknown {
  const json = line.slice(DIGITS + 1);
  return line.slice(0, DIGITS + 1) === `${sumOf(json)} ` ? JSON.parse(json) : undefined;
}

function sumOf(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, DIGITS);
}
