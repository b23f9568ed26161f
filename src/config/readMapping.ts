import type { z } from 'zod';
import { formatPath, type Path, type Report } from './issues.js';
import { docOf, type KeyShape } from './keys.js';
import { nearest } from './nearest.js';
import { onlyMapping } from './onlyMapping.js';
import { keyOfOther } from './otherWords.js';
import { showValue } from './scalar.js';

/** A file of ours: a mapping of keys, some of which are lists whose items are read one by one. */
export interface FileShape {
  readonly keys: KeyShape;
  /** Schema of the items of each list. */
  readonly items: KeyShape;
  /** How such a file begins. */
  readonly start: string;
}

/**
 * The tree against the shape, key by key and item by item: whatever is right is kept although its neighbour is wrong, so that
 * the checks between items can still run and all faults come at once. A faulty item of a list is undefined and keeps its index.
 * `reportKey` places a fault at the key itself. Undefined: it is no mapping.
 */
export function readMapping(
  tree: unknown,
  { keys, items, start }: FileShape,
  report: Report,
  reportKey: Report,
): Record<string, unknown> | undefined {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    report('error', [], `the file holds ${kindOf(tree)}, not a mapping of keys`, start);
    return undefined;
  }
  const given = tree as Record<string, unknown>;
  const unknown = Object.keys(given).filter((key) => !Object.hasOwn(keys, key));
  const misspelt = unknown.map((key) => unknownKey([key], keys, given, reportKey));
  const entries: Record<string, unknown> = {};
  for (const key of Object.keys(keys)) {
    // A misspelt key is one fault; that it is missing under its right name would be a second one for the same letter.
    if (!Object.hasOwn(given, key) && misspelt.includes(key) && !keys[key]!.safeParse(undefined).success) continue;
    const raw = Object.hasOwn(given, key) ? given[key] : undefined;
    const item = items[key];
    const list = item !== undefined && Array.isArray(raw) ? raw : undefined;
    entries[key] = list?.map((value, i) => parse(item!, value, [key, i], docOf(keys[key]!).children, report, reportKey));
    entries[key] ??= parse(keys[key]!, raw, [key], docOf(keys[key]!).children, report, reportKey);
  }
  return entries;
}

/** Every key and every item could be read; of a key one may leave out, none may be missing. */
export function isWhole<E>(entries: object, keys: KeyShape): entries is E & object {
  const root = entries as Readonly<Record<string, unknown>>;
  return Object.entries(keys).every(([key, schema]) => {
    const value = root[key];
    if (Array.isArray(value)) return !value.includes(undefined);
    if (value !== undefined) return true;
    const absent = schema.safeParse(undefined);
    return absent.success && absent.data === undefined;
  });
}

function parse(
  schema: z.ZodType,
  raw: unknown,
  at: Path,
  shape: KeyShape | undefined,
  report: Report,
  reportKey: Report,
): unknown {
  const parsed = schema.safeParse(raw, { reportInput: true });
  if (parsed.success) return parsed.data;
  const misspelt = new Set<string>();
  for (const issue of parsed.error.issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const path = [...at, ...(issue.path as (string | number)[])];
    const given = issue.input as Readonly<Record<string, unknown>>;
    for (const key of issue.keys) {
      const meant = unknownKey([...path, key], shapeAt(shape, issue.path as Path), given, reportKey);
      if (meant !== undefined) misspelt.add(formatPath([...path, meant]));
    }
  }
  for (const issue of parsed.error.issues) {
    const path = [...at, ...(issue.path as (string | number)[])];
    if (issue.code === 'unrecognized_keys' || (issue.input === undefined && misspelt.has(formatPath(path)))) continue;
    if (issue.code === 'invalid_type') wrongShape(path, issue.expected, issue.input, shape, issue.path as Path, report);
    else if (issue.code === 'too_small') report('error', path, 'is an empty list', 'Name at least one.');
    else report('error', path, issue.message, issue.code === 'custom' ? String(issue.params?.remedy ?? '') : '');
  }
  return undefined;
}

/** The keys allowed at a path below the one whose children are given. */
function shapeAt(shape: KeyShape | undefined, path: Path): KeyShape {
  let here = shape ?? {};
  for (const step of path) {
    if (typeof step === 'number') continue;
    const schema = here[step];
    here = schema === undefined ? {} : (docOf(schema).children ?? {});
  }
  return here;
}

/** How the value at a path is written, where a documented key says so. */
function formAt(shape: KeyShape | undefined, path: Path): string | undefined {
  const key = path.at(-1);
  const schema = typeof key === 'string' ? shapeAt(shape, path.slice(0, -1))[key] : undefined;
  return schema === undefined ? undefined : docOf(schema).form;
}

/** Reports a key that is none of the shape; returns the one that was meant, when one is near. What `given` lacks goes first. */
function unknownKey(
  path: Path,
  shape: KeyShape,
  given: Readonly<Record<string, unknown>>,
  reportKey: Report,
): string | undefined {
  const key = String(path.at(-1));
  const absent = Object.keys(shape).filter((one) => !Object.hasOwn(given, one));
  const meant = keyOfOther(key, Object.keys(shape)) ?? nearest(key, absent) ?? nearest(key, Object.keys(shape));
  const known = `Known keys here: ${Object.keys(shape).join(', ')}.`;
  reportKey('error', path, `unknown key ${showValue(key)}`, meant === undefined ? known : `Did you mean "${meant}"?`);
  return meant;
}

/** `below`: where it is below the key whose children are `shape`. */
function wrongShape(
  path: Path,
  expected: string,
  input: unknown,
  shape: KeyShape | undefined,
  below: Path,
  report: Report,
): void {
  const wanted = expected === 'array' ? 'a list' : 'a mapping';
  const form = formAt(shape, below);
  if (input === undefined) report('error', path, 'is missing', form === undefined ? `Write ${wanted}.` : `Expected: ${form}.`);
  else if (input === null) report('error', path, 'has no value', `Write ${wanted}, or leave the key out.`);
  else
    report(
      'error',
      path,
      `is ${kindOf(input)}, not ${wanted}`,
      expected === 'array' ? 'Put each item behind "- ".' : (onlyMapping(input, shapeAt(shape, below)) ?? 'Write keys with ":".'),
    );
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? showValue(value) : `the single value ${showValue(value)}`;
}
