import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onCleanUp } from './cleanUp.js';
import { run, terminate } from './processes.js';

/**
 * Where a demo takes place: namespaces and a folder, both with the process id in their name. So two demos do not meet, and
 * what a killed one left behind is recognised: a name whose process is gone.
 */
export interface World {
  /** Namespace of the client inside, of a second inside host, of the gateway process, of the server outside. */
  readonly client: string;
  readonly guest: string;
  readonly gateway: string;
  readonly server: string;
  /** Absolute path of the folder for the configuration, the socket and logs. */
  readonly folder: string;
}

const NAMESPACE = /^wrd(\d+)-(client|guest|gateway|server)$/;
const FOLDER = /^windrose-demo-(\d+)-/;
const RUN_NETNS = '/run/netns';

/** Makes the namespaces, loopback up, IPv6 off (nothing there should chatter), and the folder. */
export function makeWorld(): World {
  const folder = mkdtempSync(join(tmpdir(), `windrose-demo-${process.pid}-`));
  onCleanUp(() => rmSync(folder, { recursive: true, force: true }));
  const [client, guest, gateway, server] = ['client', 'guest', 'gateway', 'server'].map((label) => {
    const name = `wrd${process.pid}-${label}`;
    // Before the command: an interruption in the middle of it must find the removal registered.
    onCleanUp(() => removeNamespace(name));
    run('ip', 'netns', 'add', name);
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
    const ipv6 = 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6';
    run('ip', 'netns', 'exec', name, 'sh', '-c', `[ ! -d /proc/sys/net/ipv6 ] || { ${ipv6}; }`);
    return name;
  }) as [string, string, string, string];
  return { client, guest, gateway, server, folder };
}

/** Arguments that run a command inside a namespace: `ip netns exec NAME ...`. */
export function inside(namespace: string, ...command: readonly string[]): readonly ['ip', ...string[]] {
  return ['ip', 'netns', 'exec', namespace, ...command];
}

/** Removes what killed demos left: their processes (each lives in one of their namespaces), namespaces and folders. */
export function removeLeftovers(): number {
  let removed = 0;
  for (const name of list(RUN_NETNS)) {
    if (!isOrphan(NAMESPACE.exec(name)?.[1])) continue;
    removeNamespace(name);
    removed++;
  }
  for (const name of list(tmpdir())) {
    if (isOrphan(FOLDER.exec(name)?.[1])) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
  return removed;
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
