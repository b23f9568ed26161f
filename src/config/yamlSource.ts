import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { type IssueList, TooManyIssues } from './issueList.js';
import type { Issue, Path } from './issues.js';
import { showValue } from './scalar.js';
import { CONFIGURATION, type Room, yamlExcess } from './yamlRoom.js';
import { type TreeFault, type YamlTree, yamlTree } from './yamlTree.js';

/** Text to a tree of plain values and the place of each. */
export interface YamlSource {
  /** Undefined when the text is not YAML or holds nothing. */
  readonly tree: unknown;
  /** Where the value (or, for an unknown key, the key) of a path stands; the nearest enclosing place when it is not there. */
  place(path: Path, ofKey: boolean): Place;
}

export interface Place {
  readonly line: number;
  readonly column: number;
  /** The path as far as the file has it; an index into what the file writes as a single value is left out. */
  readonly path: Path;
}

const REMEDIES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with blanks.',
  MULTIPLE_DOCS: 'Keep one document; remove the line "---" between them.',
  BAD_INDENT: 'Check the indentation and the brackets above this line.',
};

function fault(file: string, line: number, column: number, message: string, remedy: string): Issue {
  return { severity: 'error', file, line, column, path: '', message, remedy };
}

/** Reads the text, as far as it fits in `room`. What cannot be read goes to `issues`; throws only what they throw. */
export function readYaml(text: string, file: string, issues: IssueList, room: Room = CONFIGURATION): YamlSource {
  const nothing = (message: string, remedy: string): YamlSource => {
    issues.add('error', () => fault(file, 0, 0, message, remedy));
    return { tree: undefined, place: (path) => ({ line: 0, column: 0, path }) };
  };
  const excess = yamlExcess(text, room);
  if (excess !== undefined) return nothing(excess, 'Check the path: this is not a gateway configuration.');
  try {
    return readDocument(text, file, issues, room);
  } catch (error) {
    if (error instanceof TooManyIssues) throw error;
    return nothing(`cannot be read as YAML: ${(error as Error).message.split('\n')[0]}`, 'Check the syntax of the file.');
  }
}

function readDocument(text: string, file: string, issues: IssueList, { holds, page }: Room): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    // Found below; the library compares every key with every other.
    uniqueKeys: false,
    logLevel: 'error',
    stringKeys: true,
  });
  const tell = (at: number, message: string, remedy: string): void =>
    issues.add('error', () => {
      const { line, col } = lines.linePos(at);
      return fault(file, line, col, message, remedy);
    });
  const invalid = [...document.errors, ...document.warnings];
  for (const { code, message, pos } of withoutSequels(invalid, lines))
    tell(pos[0], `is not valid YAML: ${firstLine(message)}`, REMEDIES[code] ?? 'Check the syntax here and on the line above.');
  const { tree, faults, targets } = yamlTree(document);
  for (const { at, kind, message } of faults) tell(at, SENTENCES[kind](message), TREE_REMEDIES[kind]);
  const broken = invalid.length > 0 || faults.some(({ kind }) => kind !== 'duplicate');
  const empty = document.contents === null || (isScalar(document.contents) && document.contents.value === null);
  if (empty && !broken)
    issues.add('error', () => fault(file, 1, 1, `the file holds no ${holds}`, `Start from the example in ${page}.`));
  return {
    tree: broken || empty ? undefined : tree,
    place: (path, ofKey) => placeOf(document, targets, lines, path, ofKey),
  };
}

/** One fault for each line indented by a tab: what else the library finds from the first of them on follows from it. */
function withoutSequels<F extends { readonly code: string; readonly pos: readonly [number, number] }>(
  faults: readonly F[],
  lines: LineCounter,
): F[] {
  const line = ({ pos }: F): number => lines.linePos(pos[0]).line;
  const tabs = faults.filter(({ code }) => code === 'TAB_AS_INDENT');
  const first = Math.min(...tabs.map(line));
  const tabbed = tabs.filter((one) => tabs.find((other) => line(other) === line(one)) === one);
  return tabs.length === 0 ? [...faults] : [...faults.filter((one) => line(one) < first), ...tabbed];
}

const SENTENCES: Readonly<Record<TreeFault['kind'], (what: string) => string>> = {
  duplicate: (key) => `the key ${showValue(key)} stands here for the second time`,
  alias: (what) => `is not valid YAML: ${what}`,
  size: (what) => what,
};

const TREE_REMEDIES: Readonly<Record<TreeFault['kind'], string>> = {
  duplicate: 'Keep one of the two.',
  alias: 'Write the value in full.',
  size: 'Check the path: this is not a gateway configuration.',
};

function firstLine(message: string): string {
  const line = message.split('\n')[0]!;
  if (line.startsWith('Source contains multiple documents')) return 'the file holds more than one document';
  return line.charAt(0).toLowerCase() + line.slice(1);
}

function placeOf(document: Document, targets: YamlTree['targets'], lines: LineCounter, path: Path, ofKey: boolean): Place {
  let node: unknown = document.contents;
  let at = (node as Node | null)?.range?.[0] ?? 0;
  const shown: (string | number)[] = [];
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = targets.get(node);
    if (isScalar(node) && typeof step === 'number') continue;
    shown.push(step);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      const part = ofKey && depth === path.length - 1 ? pair?.key : (pair?.value ?? pair?.key);
      node = pair?.value;
      at = (part as Node | null | undefined)?.range?.[0] ?? at;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      at = (node as Node | undefined)?.range?.[0] ?? at;
    } else node = undefined;
  }
  const { line, col } = lines.linePos(at);
  return { line: Math.max(line, 1), column: Math.max(col, 1), path: shown };
}
