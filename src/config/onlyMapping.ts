import { stringify } from 'yaml';
import { docOf, type KeyShape } from './keys.js';

/** Characters of a value that a remedy repeats. */
const LONGEST_REPEATED = 60;

/**
 * The remedy for a single value where a mapping belongs: that mapping, when one key alone takes the value and no other one is
 * required. Undefined: nobody can tell which key was meant.
 */
export function onlyMapping(value: unknown, shape: KeyShape): string | undefined {
  if (typeof value === 'object' || String(value).length > LONGEST_REPEATED) return undefined;
  const keys = Object.keys(shape);
  const [key, ...others] = keys.filter((one) => shape[one]!.safeParse(value).success);
  if (key === undefined || others.length > 0) return undefined;
  if (keys.some((one) => one !== key && docOf(shape[one]!).absent === 'required')) return undefined;
  return `Write ${stringify({ [key]: value }, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()}.`;
}
