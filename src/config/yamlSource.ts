import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { byPlace, type Issue, type Path } from './issues.js';

/** Text to a tree of plain values and the place of each. The only importer of the YAML library. */
export interface YamlSource {
  /** Undefined when the text is not YAML or holds nothing. */
  readonly tree: unknown;
  readonly issues: readonly Issue[];
  /** Where the value (or, for an unknown key, the key) of a path stands; the nearest enclosing place when it is not there. */
  place(path: Path, ofKey: boolean): Place;
}

export interface Place {
  readonly line: number;
  readonly column: number;
  /** The path as far as the file has it; an index into what the file writes as a single value is left out. */
  readonly path: Path;
}

/** Largest accepted file. */
export const LARGEST_FILE_OCTETS = 4 * 1024 * 1024;

/** Deepest accepted nesting of brackets; the schema needs six. The parser recurses, so this is refused before it runs. */
const DEEPEST = 64;

const REMEDIES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'Keep one of the two.',
  TAB_AS_INDENT: 'Indent with blanks.',
  MULTIPLE_DOCS: 'Keep one document; remove the line "---" between them.',
  BAD_INDENT: 'Check the indentation and the brackets above this line.',
};

function fault(file: string, line: number, column: number, message: string, remedy: string): Issue {
  return { severity: 'error', file, line, column, path: '', message, remedy };
}

/** Reads the text. Never throws; what cannot be read is an issue. */
export function readYaml(text: string, file: string): YamlSource {
  const nothing = (issue: Issue): YamlSource => ({
    tree: undefined,
    issues: [issue],
    place: (path) => ({ line: 0, column: 0, path }),
  });
  if (Buffer.byteLength(text) > LARGEST_FILE_OCTETS) {
    return nothing(
      fault(file, 0, 0, 'the file is larger than 4 MiB', 'A configuration of this size is a mistake; check the path.'),
    );
  }
  if (tooDeep(text))
    return nothing(
      fault(file, 0, 0, `brackets are nested deeper than ${DEEPEST}`, 'Check the path: this is not a gateway configuration.'),
    );
  const lines = new LineCounter();
  try {
    return readDocument(text, file, lines);
  } catch (error) {
    return nothing(
      fault(file, 0, 0, `cannot be read as YAML: ${(error as Error).message.split('\n')[0]}`, 'Check the syntax of the file.'),
    );
  }
}

function readDocument(text: string, file: string, lines: LineCounter): YamlSource {
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: 'error',
    stringKeys: true,
  });
  const issues = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    const message =
      error.code === 'DUPLICATE_KEY' ? duplicateKey(text, error.pos[0]) : `is not valid YAML: ${firstLine(error.message)}`;
    return fault(file, line, col, message, REMEDIES[error.code] ?? 'Check the syntax here and on the line above.');
  });
  issues.push(...badAliases(document, file, lines));
  const broken = issues.some((issue) => issue.message.startsWith('is not valid YAML'));
  const empty = document.contents === null || (isScalar(document.contents) && document.contents.value === null);
  if (empty && !broken)
    issues.push(fault(file, 1, 1, 'the file holds no configuration', 'Start from the example in docs/configuration.md.'));
  return {
    tree: broken || empty ? undefined : document.toJS({ maxAliasCount: 100 }),
    issues: issues.sort(byPlace),
    place: (path, ofKey) => placeOf(document, lines, path, ofKey),
  };
}

function firstLine(message: string): string {
  const line = message.split('\n')[0]!;
  if (line.startsWith('Source contains multiple documents')) return 'the file holds more than one document';
  return line.charAt(0).toLowerCase() + line.slice(1);
}

function duplicateKey(text: string, at: number): string {
  const key = /^(?:"([^"]*)"|'([^']*)'|([^:\s]+))/.exec(text.slice(at, at + 80));
  return `the key "${key?.[1] ?? key?.[2] ?? key?.[3] ?? ''}" stands here for the second time`;
}

/** An alias without anchor, or inside its own anchor, would make the tree endless. */
function badAliases(document: Document, file: string, lines: LineCounter): Issue[] {
  const found: Issue[] = [];
  visit(document, {
    Alias(_, alias, ancestors) {
      const target = alias.resolve(document);
      if (target !== undefined && !ancestors.includes(target)) return;
      const { line, col } = lines.linePos(alias.range?.[0] ?? 0);
      const why = target === undefined ? 'has no anchor above it' : 'stands inside its own anchor';
      found.push(fault(file, line, col, `is not valid YAML: the alias *${alias.source} ${why}`, 'Write the value in full.'));
    },
  });
  return found;
}

/** Counts open brackets outside of comments and quotes, roughly: too many is refused, never too few. */
function tooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5b || c === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if ((c === 0x5d || c === 0x7d) && depth > 0) depth--;
    else if (c === 0x0a && /^[ \t]*(?:-[ \t]+){65}/.test(text.slice(i + 1, i + 1000))) return true;
  }
  return false;
}

function placeOf(document: Document, lines: LineCounter, path: Path, ofKey: boolean): Place {
  let node: unknown = document.contents;
  let at = (node as Node | null)?.range?.[0] ?? 0;
  const shown: (string | number)[] = [];
  for (const [depth, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
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
