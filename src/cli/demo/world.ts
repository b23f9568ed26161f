import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onCleanUp } from './cleanUp.js';
import { run, terminate } from './processes.js';

/**
 * Where a demo takes place: namespaces, by their labels, and a folder, all with the process id in their name. So two demos do not
 * meet, and what a killed one left behind is recognised: a name whose process is gone.
 */
export type World<Label extends string = string> = Readonly<Record<Label, string>> & {
  /** Absolute path of the folder for configurations, sockets and logs. */
  readonly folder: string;
};

const NAMESPACE = /^wrd(\d+)-[a-z]\w*$/;
const FOLDER = /^windrose-demo-(\d+)-/;
const RUN_NETNS = '/run/netns';
/** Nothing in a demo should chatter. */
const NO_IPV6 = '[ ! -d /proc/sys/net/ipv6 ] || for of in all default; do echo 1 >/proc/sys/net/ipv6/conf/$of/disable_ipv6; done';

/**
 * Makes a namespace for each label (small letters and digits), loopback up, IPv6 off, and the folder. Throws when a tool a demo needs
 * is missing.
 */
export function makeWorld<Label extends string>(labels: readonly Label[]): World<Label> {
  for (const tool of ['ip', 'ping', 'iperf3']) requireTool(tool);
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `windrose-demo-${process.pid}-`));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  const namespaces = labels.map((label) => [label, makeNamespace(label)]);
  return { ...(Object.fromEntries(namespaces) as Record<Label, string>), folder };
}

function requireTool(tool: string): void {
  try {
    run('sh', '-c', `command -v ${tool}`);
  } catch {
    throw new Error(`"${tool}" is not installed; "npm start" installs it, or: apt-get install iproute2 iputils-ping iperf3`);
  }
}

function makeNamespace(label: string): string {
  const name = `wrd${process.pid}-${label}`;
  // Before the command: an interruption in the middle of it must find the removal registered.
  onCleanUp(() => removeNamespace(name));
  run('ip', 'netns', 'add', name);
  run('ip', '-n', name, 'link', 'set', 'lo', 'up');
  run('ip', 'netns', 'exec', name, 'sh', '-c', NO_IPV6);
  return name;
}

/** Arguments that run a command inside a namespace: `ip netns exec NAME ...`. */
export function inside(namespace: string, ...command: readonly string[]): readonly ['ip', ...string[]] {
  return ['ip', 'netns', 'exec', namespace, ...command];
}

/** Removes what killed demos left: their processes (each lives in one of their namespaces), namespaces and folders. */
function removeLeftovers(): void {
  for (const name of list(RUN_NETNS)) if (isOrphan(NAMESPACE.exec(name)?.[1])) removeNamespace(name);
  for (const name of list(tmpdir())) {
    if (isOrphan(FOLDER.exec(name)?.[1])) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function removeNamespace(name: string): void {
  if (!existsSync(join(RUN_NETNS, name))) return;
  for (const pid of run('ip', 'netns', 'pids', name).split('\n')) if (pid !== '') terminate(Number(pid));
  run('ip', 'netns', 'delete', name);
}

/** True when the process with this id is not a demo any more. */
function isOrphan(pid: string | undefined): boolean {
  if (pid === undefined || Number(pid) === process.pid) return false;
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes('demo');
  } catch {
    return true;
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
