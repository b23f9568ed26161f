import type { Config } from '../config/config.js';
import type { Issue } from '../config/issues.js';
import { loadObjects } from '../objects/load.js';

/** What is wrong with the file of objects that a configuration names, if it names one, and that the host is one of them. */
export function objectIssues({ objects: file, host }: Config): readonly Issue[] {
  if (file === undefined) return [];
  const { objects, issues } = loadObjects(file);
  if (objects === undefined || host === undefined || objects.hosts.some(({ name }) => name === host.name)) return issues;
  const message = `host ${host.name} of the configuration is not among the hosts`;
  const there = objects.hosts.map(({ name }) => name).join(', ');
  const remedy = there === '' ? 'Add it to hosts.' : `Add it, or use one of those there: ${there}.`;
  return [...issues, { severity: 'error', file, line: 0, column: 0, path: 'hosts', message, remedy }];
}
