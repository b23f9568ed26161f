import type { z } from 'zod';
import type { Path, Report } from './issues.js';
import type { KeyShape } from './keys.js';
import { docOf } from './keys.js';
import { nearest } from './nearest.js';
import { showValue } from './scalar.js';
import { type Entries, listItems, rootShape } from './schema.js';

/**
 * The tree against the schema, key by key and item by item: whatever is right is kept although its neighbour is wrong, so that
 * the checks between items can still run and all faults come at once. A faulty item of a list is undefined and keeps its index.
 */
export type PartialEntries = {
  [K in keyof Entries]:
    | (K extends keyof typeof listItems ? (Entries[K] extends (infer I)[] ? (I | undefined)[] : never) : Entries[K])
    | undefined;
};

type Root = Readonly<Record<string, z.ZodType>>;

/** Reads what can be read, reports the rest. `ofKey` in the report means: the place of the key itself. */
export function readEntries(tree: unknown, report: Report, reportKey: Report): PartialEntries | undefined {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) {
    report(
      'error',
      [],
      `the file holds ${kindOf(tree)}, not a mapping of keys`,
      'Start with "ifaces:"; see docs/configuration.md.',
    );
    return undefined;
  }
  const given = tree as Record<string, unknown>;
  const root: Root = rootShape;
  for (const key of Object.keys(given)) if (!Object.hasOwn(root, key)) unknownKey([key], root, reportKey);
  const entries: Record<string, unknown> = {};
  for (const key of Object.keys(root)) {
    const raw = Object.hasOwn(given, key) ? given[key] : undefined;
    const item = (listItems as Root)[key];
    const items = item !== undefined && Array.isArray(raw) ? raw : undefined;
    entries[key] = items?.map((value, i) => parse(item!, value, [key, i], docOf(root[key]!).children, report, reportKey));
    entries[key] ??= parse(root[key]!, raw, [key], docOf(root[key]!).children, report, reportKey);
  }
  return entries as PartialEntries;
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
  for (const issue of parsed.error.issues) {
    const path = [...at, ...(issue.path as (string | number)[])];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) unknownKey([...path, key], shapeAt(shape, issue.path as Path), reportKey);
    } else if (issue.code === 'invalid_type') wrongShape(path, issue.expected, issue.input, report);
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

function unknownKey(path: Path, shape: KeyShape, reportKey: Report): void {
  const key = String(path.at(-1));
  const meant = nearest(key, Object.keys(shape));
  const known = `Known keys here: ${Object.keys(shape).join(', ')}.`;
  reportKey('error', path, `unknown key ${showValue(key)}`, meant === undefined ? known : `Did you mean "${meant}"?`);
}

function wrongShape(path: Path, expected: string, input: unknown, report: Report): void {
  const wanted = expected === 'array' ? 'a list' : 'a mapping';
  if (input === undefined) report('error', path, 'is missing', `Write ${wanted}.`);
  else if (input === null) report('error', path, 'has no value', `Write ${wanted}, or leave the key out.`);
  else
    report(
      'error',
      path,
      `is ${kindOf(input)}, not ${wanted}`,
      expected === 'array' ? 'Put each item behind "- ".' : 'Write keys with ":".',
    );
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? showValue(value) : `the single value ${showValue(value)}`;
}
