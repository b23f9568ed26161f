import type { IssueList } from './issueList.js';
import { formatPath, type Report } from './issues.js';
import type { YamlSource } from './yamlSource.js';

/** Reports into the list what stands at a path of the file. `ofKey`: at the key itself, not at its value. */
export function reporter(source: YamlSource, file: string, issues: IssueList, ofKey: boolean): Report {
  return (severity, path, message, remedy) =>
    issues.add(severity, () => {
      const place = source.place(path, ofKey);
      return { severity, file, line: place.line, column: place.column, path: formatPath(place.path), message, remedy };
    });
}
