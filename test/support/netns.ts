import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Why tests with namespaces cannot run here, or `false` when they can: goes straight into node:test's `skip` option. */
export function netnsSkipReason(): string | false {
  if (process.platform !== 'linux') return 'network namespaces need Linux';
  if (process.getuid?.() !== 0) return 'needs root: creates network namespaces and TAP devices';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun';
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'ignore', timeout: 5000 });
    execFileSync('ip', ['-V'], { stdio: 'ignore', timeout: 5000 });
  } catch {
    return 'needs CAP_SYS_ADMIN, unshare(1) and ip(8)';
  }
  return false;
}

let sandboxes = 0;

/**
 * Network namespaces, devices and processes of one test file. Names are unique to this process, so that files may run side by
 * side. `close()` removes everything in reverse; it also runs when the process exits or is interrupted.
 */
export class NetSandbox {
  private readonly stem: string;
  private readonly namespaces: string[] = [];
  private readonly rootDevices: string[] = [];
  private readonly processes: ChildProcess[] = [];
  private readonly onExit = (): void => this.close();
  private readonly onSignal = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };

  /** `prefix`: at most 4 letters that say in `ip netns` whose leftovers these would be. */
  constructor(prefix: string) {
    this.stem = `${prefix}${process.pid.toString(36)}${(sandboxes++).toString(36)}`;
    process.once('exit', this.onExit);
    process.once('SIGINT', this.onSignal);
    process.once('SIGTERM', this.onSignal);
  }

  /** Creates a namespace with its loopback up. Returns its name under /run/netns. */
  namespace(label: string): string {
    const name = `${this.stem}-${label}`;
    execFileSync('ip', ['netns', 'add', name], { timeout: 10_000 });
    this.namespaces.push(name);
    this.run(name, 'ip link set lo up');
    return name;
  }

  /** A device name that nobody else uses in the process's own namespace, removed by `close()`. Throws beyond IFNAMSIZ - 1 = 15. */
  rootDevice(label: string): string {
    const name = `${this.stem}${label}`;
    if (name.length > 15) throw new Error(`device name ${name} is longer than 15 octets`);
    this.rootDevices.push(name);
    return name;
  }

  /** A veth pair, both ends up and operational, each in its namespace. MTU in octets. */
  veth(left: { netns: string; device: string }, right: { netns: string; device: string }, mtu = 1500): void {
    this.run(
      left.netns,
      `ip link add ${left.device} mtu ${mtu} type veth peer name ${right.device} mtu ${mtu} netns ${right.netns}`,
    );
    this.run(left.netns, `ip link set dev ${left.device} up`);
    this.run(right.netns, `ip link set dev ${right.device} up`);
    this.awaitOperational(left.netns, left.device);
    this.awaitOperational(right.netns, right.device);
  }

  /** Waits until a device that is up is operational: the kernel gets there in its own time, and drops what is sent before. */
  awaitOperational(netns: string | undefined, device: string, timeoutMs = 5000): void {
    const deadline = Date.now() + timeoutMs;
    while (!/ state (UP|UNKNOWN) /.test(this.run(netns, `ip -o link show ${device}`))) {
      if (Date.now() > deadline) throw new Error(`device ${device} is not operational after ${timeoutMs} ms`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }

  /**
   * Runs a command in a namespace (or in the process's own: `undefined`) and returns its standard output. A string is split at
   * blanks; use an array for arguments with blanks. Throws with the command's output when it fails or takes over `timeoutMs`.
   */
  run(netns: string | undefined, command: string | readonly string[], timeoutMs = 15_000): string {
    const [file, ...args] = inNamespace(netns, command);
    try {
      return execFileSync(file!, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs });
    } catch (error) {
      const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
      throw new Error([`${file} ${args.join(' ')}`, message, stdout, stderr].filter(Boolean).join('\n'));
    }
  }

  /** Starts a command in a namespace and returns at once. stdout and stderr are pipes; `close()` kills it when it still runs. */
  start(netns: string | undefined, command: string | readonly string[]): ChildProcess {
    const [file, ...args] = inNamespace(netns, command);
    const child = spawn(file!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child.on('error', () => {});
    this.processes.push(child);
    return child;
  }

  /** Kills what was started, deletes what was created. Safe to call twice. */
  close(): void {
    process.off('exit', this.onExit);
    process.off('SIGINT', this.onSignal);
    process.off('SIGTERM', this.onSignal);
    for (const child of this.processes.splice(0)) {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    }
    for (const device of this.rootDevices.splice(0)) quietly('ip', ['link', 'delete', device]);
    for (const name of this.namespaces.splice(0).reverse()) quietly('ip', ['netns', 'delete', name]);
  }
}

function inNamespace(netns: string | undefined, command: string | readonly string[]): readonly string[] {
  const argv = typeof command === 'string' ? command.split(' ').filter((word) => word !== '') : command;
  return netns === undefined ? argv : ['ip', 'netns', 'exec', netns, ...argv];
}

/** Clean-up carries on when a thing is already gone. */
function quietly(file: string, args: readonly string[]): void {
  try {
    execFileSync(file, args, { stdio: 'ignore', timeout: 10_000 });
  } catch {
    // Deleted with its namespace or by the test itself.
  }
}
