import type { Config } from '../config/config.js';
import { IssueList } from '../config/issueList.js';
import type { Issue } from '../config/issues.js';
import { reporter } from '../config/reporter.js';
import { readYaml } from '../config/yamlSource.js';
import { lackingRoom, type RoomLack } from '../control/dvr/view/roomNeeded.js';
import { type LoadedObjects, loadObjects, readObjects } from '../objects/load.js';

/** What is wrong with the file of objects that a configuration names, if it names one, that the host is one of them, and has room for them. */
export function objectIssues(config: Config): readonly Issue[] {
  const { objects: file, host } = config;
  if (file === undefined) return [];
  const { objects, issues } = loadObjects(file);
  if (objects === undefined || host === undefined) return issues;
  if (objects.hosts.some(({ name }) => name === host.name)) {
    const lacks = lackingRoom(objects, config).map(({ remedy, ...lack }): Issue => {
      const at = objects.hosts.findIndex(({ name }) => name === lack.host);
      const place = { file, line: 0, column: 0, path: `hosts[${at}]` };
      return { severity: 'warning', ...place, message: lackText(lack), remedy: sentence(remedy) };
    });
    return [...issues, ...lacks];
  }
  const message = `host ${host.name} of the configuration is not among the hosts`;
  const there = objects.hosts.map(({ name }) => name).join(', ');
  const remedy = there === '' ? 'Add it to hosts.' : `Add it, or use one of those there: ${there}.`;
  return [...issues, { severity: 'error', file, line: 0, column: 0, path: 'hosts', message, remedy }];
}

/** The objects of a text, with warnings of hosts that have no room for what they are to have. */
export function objectsWithRoom(text: string, file: string): LoadedObjects {
  const loaded = readObjects(text, file);
  if (loaded.objects === undefined) return loaded;
  const { hosts } = loaded.objects;
  const lacks = lackingRoom(loaded.objects);
  if (lacks.length === 0) return loaded;
  const issues = new IssueList();
  const report = reporter(readYaml(text, file, new IssueList()), file, issues, false);
  for (const { remedy, ...lack } of lacks)
    report('warning', ['hosts', hosts.findIndex(({ name }) => name === lack.host)], lackText(lack), sentence(remedy));
  return { ...loaded, issues: [...loaded.issues, ...issues.all()] };
}

function lackText({ host, what, needs, room }: Omit<RoomLack, 'remedy'>): string {
  return `host ${host} needs ${needs} ${what} and has room for ${room}; what does not fit is left out there`;
}

/** "Bind ports to other hosts." */
function sentence(remedy: string): string {
  return `${remedy[0]!.toUpperCase()}${remedy.slice(1)}.`;
}
