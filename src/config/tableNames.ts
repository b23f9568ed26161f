import { isFault } from '../types/parsed.js';
import { parseNumber, type TableRef, U32 } from './ipValues.js';
import type { Report } from './issues.js';
import type { PartialEntries } from './readEntries.js';
import { readConfigFile } from './readFile.js';
import { TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from './routingConfig.js';
import { isTableName } from './routingSchema.js';
import { showValue } from './scalar.js';

/** Names of routing tables: the system's, those of a file as /etc/iproute2/rt_tables, those of `tables`. */
export interface TableNames {
  readonly numbers: ReadonlyMap<string, number>;
  /** One name for each number: the last one given. */
  readonly names: ReadonlyMap<number, string>;
  /** False: the file could not be read, so that a name nobody knows may be one of it. */
  readonly complete: boolean;
}

const SYSTEM: readonly (readonly [number, string])[] = [
  [TABLE_DEFAULT, 'default'],
  [TABLE_MAIN, 'main'],
  [TABLE_LOCAL, 'local'],
];
const FIXED = new Map(SYSTEM);
const UNSPEC = 'unspec';

/** The names that are always there. */
export const SYSTEM_TABLES: TableNames = {
  numbers: new Map(SYSTEM.map(([number, name]) => [name, number])),
  names: FIXED,
  complete: true,
};

/** Reads the file, if one is named, and reports what is wrong with the names. */
export function tableNamesOf({ tables, tableNames }: PartialEntries, report: Report): TableNames {
  const numbers = new Map(SYSTEM_TABLES.numbers);
  const names = new Map<number, string>(SYSTEM);
  const file = tableNames === undefined ? [] : namesOfFile(tableNames, report);
  const give = (name: string, number: number): void => {
    // A name stands for the last number it was given: the one before has none then, or it would be printed as the other.
    const before = numbers.get(name);
    if (before !== undefined && names.get(before) === name) names.delete(before);
    numbers.set(name, number);
    names.set(number, name);
  };
  for (const [name, number] of file ?? []) give(name, number);
  const given = new Map<number, string>();
  for (const [name, number] of Object.entries(tables ?? {})) {
    const why =
      unusable(name, number) ??
      (given.has(number) ? `is the second name of ${number}, which is ${given.get(number)}` : undefined);
    if (why !== undefined) report('error', ['tables', name], `${showValue(name)} ${why}`, 'Choose another name or number.');
    given.set(number, name);
    give(name, number);
  }
  return { numbers, names, complete: file !== undefined && tables !== undefined };
}

/** Undefined: nobody has this name. */
export function tableNumber(names: Pick<TableNames, 'numbers'>, table: TableRef): number | undefined {
  return typeof table === 'number' ? table : names.numbers.get(table);
}

/** "main", "167772161" */
export function tableText(names: ReadonlyMap<number, string>, table: number): string {
  return names.get(table) ?? String(table);
}

function unusable(name: string, number: number): string | undefined {
  if (name === UNSPEC || !isTableName(name)) return 'is no name for a table (letters, digits, _ . - behind a letter or _)';
  const fixed = FIXED.get(number);
  if (fixed !== undefined && fixed !== name) return `cannot be the name of ${number}, which is ${fixed}`;
  const own = SYSTEM_TABLES.numbers.get(name);
  return own !== undefined && own !== number ? `is the name of ${own}` : undefined;
}

/** Lines of "number name"; # begins a comment. Undefined: there is a fault in it, which is reported. */
function namesOfFile(path: string, report: Report): [string, number][] | undefined {
  const content = readConfigFile(path, false);
  if ('fault' in content) {
    report('error', ['tableNames'], `${path}: ${content.fault}`, content.remedy);
    return undefined;
  }
  const found: [string, number][] = [];
  let sound = true;
  const lines = Buffer.from(content.octets).toString('utf8').split('\n');
  for (const [i, line] of lines.entries()) {
    const [digits, name, ...more] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (digits === undefined || digits === '') continue;
    const number = parseNumber(digits, 0, U32);
    const why =
      name === undefined || more.length > 0
        ? 'is not a number and a name'
        : isFault(number)
          ? number.fault
          : number.value === 0
            ? name === UNSPEC
              ? undefined
              : 'has the number 0, which is no table'
            : unusable(name, number.value);
    if (why === undefined) {
      if (!isFault(number) && number.value > 0) found.push([name!, number.value]);
      continue;
    }
    sound = false;
    report('error', ['tableNames'], `${path}:${i + 1}: ${showValue(line.trim())} ${why}`, 'Mend the line of that file.');
  }
  return sound ? found : undefined;
}
