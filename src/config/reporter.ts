import type { IssueList } from './issueList.js';
import { formatPath, type Path, type Report } from './issues.js';
import type { YamlSource } from './yamlSource.js';

/**
 * Reports into the list what stands at a path of the file. `ofKey`: at the key itself, not at its value; `singular`: what an item of a list of the
 * file is called. What a fault conflicts with is told with its name and its line.
 */
export function reporter(
  source: YamlSource,
  file: string,
  issues: IssueList,
  ofKey: boolean,
  singular: (key: string) => string = (key) => key.replace(/s$/, ''),
): Report {
  return (severity, path, message, remedy, other) =>
    issues.add(severity, () => {
      const place = source.place(path, ofKey);
      const text = other === undefined ? message : withPlace(message, other, source, singular);
      return { severity, file, line: place.line, column: place.column, path: formatPath(place.path), message: text, remedy };
    });
}

/** "lports[0].addresses[0]" of the message -> "lports[0].addresses[0] (lport web, line 14)". */
function withPlace(message: string, other: Path, source: YamlSource, singular: (key: string) => string): string {
  const line = `line ${source.place(other, false).line}`;
  const name = nameAt(source.tree, other);
  const said = name === undefined ? line : `${singular(String(other[0]))} ${name}, ${line}`;
  return message.replace(formatPath(other), (path) => `${path} (${said})`);
}

/** Of the item of a list that the path leads into; a floating IP goes by its address without one. */
function nameAt(tree: unknown, [key, index]: Path): string | undefined {
  const list = (tree as Readonly<Record<string, unknown>>)[String(key)];
  if (!Array.isArray(list) || typeof index !== 'number') return undefined;
  const { name, address } = (list[index] ?? {}) as Readonly<Record<string, unknown>>;
  const known = name ?? address;
  return typeof known === 'string' || typeof known === 'number' ? String(known) : undefined;
}
