import { accessSync, constants, statSync } from 'node:fs';
import type { Config } from '../config/config.js';
import { IssueList } from '../config/issueList.js';
import type { Issue, Path } from '../config/issues.js';
import { reporter } from '../config/reporter.js';
import { readYaml } from '../config/yamlSource.js';

/** A file that a key names, which the gateway reads when it starts; none of what is in it is looked at here. */
interface NamedFile {
  readonly at: Path;
  readonly path: string;
  /** It may be open to nobody else. */
  readonly isSecret: boolean;
}

/** Permissions a secret may not have: any of others, and to write of the group (store/secretFile.ts). */
const TOO_OPEN = 0o027;
const ALL = 0o7777;

/** Warnings about files that keys of a configuration without faults name: the gateway would not start with them. */
export function fileIssues(text: string, file: string, config: Config): readonly Issue[] {
  const issues = new IssueList();
  const source = readYaml(text, file, new IssueList());
  const report = reporter(source, file, issues, false);
  for (const { at, path, isSecret } of filesOf(config)) {
    const fault = faultOf(path, isSecret);
    if (fault !== undefined) report('warning', at, `${path} ${fault}, and the gateway would not start`, remedyOf(isSecret));
  }
  return issues.all();
}

function filesOf({ host, store }: Config): NamedFile[] {
  const files: NamedFile[] = [];
  const add = (at: Path, path: string | undefined, isSecret: boolean): void => {
    if (path !== undefined) files.push({ at, path, isSecret });
  };
  if (host === undefined) return files;
  add(['host', 'metadata', 'secretFile'], host.metadata?.secretFile, true);
  add(['host', 'metadata', 'caFile'], host.metadata?.caFile, false);
  if (!('etcd' in store)) return files;
  const { tls, passwordFile } = store.etcd;
  add(['store', 'etcd', 'tls', 'ca'], tls?.ca, false);
  add(['store', 'etcd', 'tls', 'certificate'], tls?.certificate, false);
  add(['store', 'etcd', 'tls', 'key'], tls?.key, true);
  add(['store', 'etcd', 'passwordFile'], passwordFile, true);
  return files;
}

/** Why it cannot be used, as the end of a sentence. */
function faultOf(path: string, isSecret: boolean): string | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) return 'is no file';
    if (isSecret && (stat.mode & TOO_OPEN) !== 0)
      return `has mode ${(stat.mode & ALL).toString(8).padStart(4, '0')}, open to others`;
    if (stat.size === 0) return 'is empty';
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'is not there' : `cannot be read (${code})`;
  }
}

function remedyOf(isSecret: boolean): string {
  return isSecret
    ? 'Give the path of a file that the gateway may read and nobody else: "chmod 640 FILE".'
    : 'Give the path of a file that the gateway may read.';
}
