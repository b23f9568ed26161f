import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WindroseError } from '../errors/catalog.js';
import type { IfaceRow } from '../types/show.js';
import type { HostRow, LportRow, NetworkRow, PhysnetRow, TunnelRow } from '../types/showObjects.js';
import { ifaceRow, namespaceFile } from './captureTask.js';
import { getJson } from './controlClient.js';
import { Exit } from './fail.js';
import { type ListenedDevice, type NetworkRows, networkDevice } from './networkDevice.js';
import { printError } from './print.js';

/** Said on stderr by libpcap of a device without an address, as a gateway's device is, and by cap of one that went away. */
const REMARKS = [/^Warning: .* - This may not actually work$/, /: Assertion `status == 0' failed\.$/];
const DEVICE_WENT = 'the device went down or away; what was captured until then is complete';

/** A device of a running gateway, and the namespace it is in: undefined for that of this process. */
export interface Place<Row> {
  readonly row: Row;
  /** All interfaces of the gateway. */
  readonly rows: readonly IfaceRow[];
  readonly namespace: string | undefined;
}

/**
 * Asks the gateway behind `socket` which device an operator means by an interface, or by a port of a network. Throws a WindroseError when nobody
 * may listen there.
 */
export async function tracedPlaceOf(
  socket: string,
  name: string,
): Promise<Place<ListenedDevice> & { readonly port: LportRow | undefined }> {
  const rows = await shown<IfaceRow>(socket, 'ifaces');
  const networks = isIface(rows, name) ? undefined : await networksOf(socket);
  const port = networks?.lports.find((one) => one.name === name);
  const row = networks !== undefined && port !== undefined ? networkDevice(networks, name)! : ifaceRow(rows, name);
  return { row, rows, port, namespace: await enterable(socket, row) };
}

/** The same, and by a port of a network or a physical network. */
export async function anyPlaceOf(socket: string, name: string): Promise<Place<ListenedDevice>> {
  const rows = await shown<IfaceRow>(socket, 'ifaces');
  const row = (isIface(rows, name) ? undefined : networkDevice(await networksOf(socket), name)) ?? ifaceRow(rows, name);
  return { row, rows, namespace: await enterable(socket, row) };
}

function isIface(rows: readonly IfaceRow[], name: string): boolean {
  return rows.some((one) => one.name === name || one.device === name);
}

async function shown<Row>(socket: string, what: string): Promise<Row[]> {
  return (await getJson(socket, `/v1/show/${what}`)) as Row[];
}

async function networksOf(socket: string): Promise<NetworkRows> {
  const [lports, networks, physnets, hosts, tunnels] = await Promise.all([
    shown<LportRow>(socket, 'lports'),
    shown<NetworkRow>(socket, 'networks'),
    shown<PhysnetRow>(socket, 'physnets'),
    shown<HostRow>(socket, 'hosts'),
    shown<TunnelRow>(socket, 'tunnels'),
  ]);
  return { lports, networks, physnets, hosts, tunnels };
}

async function enterable(socket: string, row: Pick<IfaceRow, 'device' | 'netns'>): Promise<string | undefined> {
  const info = (await getJson(socket, '/v1/info')) as { pid: number; configFile: string };
  const namespace = namespaceFile(row.netns, info);
  if (namespace !== undefined && !existsSync(namespace))
    throw new WindroseError('NETNS_MISSING', `"${row.netns}" of "${row.device}"`, `open ${namespace} ENOENT`);
  if (namespace !== undefined && process.geteuid?.() !== 0)
    throw new WindroseError('ROOT_MISSING', `capturing in namespace ${row.netns}`);
  return namespace;
}

/**
 * Runs a listening process to its end and gives its exit code: `program` is a file beside this one, `task` its only argument. It is a
 * process of its own since libpcap looks for devices in the namespace of its process; nsenter(1) starts it there. Signals to this
 * process end it too.
 */
export function listenIn(
  namespace: string | undefined,
  program: 'captureChild.js' | 'traceChild.js',
  task: { readonly label: string },
): Promise<number> {
  const script = fileURLToPath(new URL(`./${program}`, import.meta.url));
  const enter = namespace === undefined ? [] : ['nsenter', `--net=${namespace}`, '--'];
  const [file, ...args] = [...enter, process.execPath, script, JSON.stringify(task)];
  return new Promise((resolve, reject) => {
    const child = spawn(file!, args, { stdio: ['ignore', 'inherit', 'pipe'] });
    const pass = (signal: NodeJS.Signals): boolean => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    for (const signal of signals) process.on(signal, pass);
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!REMARKS.some((remark) => remark.test(line))) printError(`${line}\n`);
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? new WindroseError('CAPTURE_FAILED', task.label, `there is no ${file}`, error) : error);
    });
    child.on('close', (code, signal) => {
      for (const signal of signals) process.off(signal, pass);
      if (signal === 'SIGABRT') reject(new WindroseError('CAPTURE_FAILED', task.label, DEVICE_WENT));
      else resolve(code ?? Exit.Failed);
    });
  });
}
