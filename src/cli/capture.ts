import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WindroseError } from '../errors/catalog.js';
import type { IfaceRow } from '../types/show.js';
import { type CaptureTask, filterFor, ifaceRow, labelOf, namespaceFile } from './captureTask.js';
import { getJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { printError } from './print.js';

export interface CaptureOptions extends SocketChoice {
  /** "-" is standard output. */
  readonly write?: string | undefined;
  readonly text?: boolean | undefined;
  readonly count?: number | undefined;
  readonly seconds?: number | undefined;
}

/** Said on stderr by libpcap of a device without an address, as a gateway's device is, and by cap of one that went away. */
const REMARKS = [/^Warning: .* - This may not actually work$/, /: Assertion `status == 0' failed\.$/];
const DEVICE_WENT = 'the device went down or away; what was captured until then is complete';

/**
 * `windrose capture IFACE`: asks the running gateway which device that is, and listens there in a process of its own, since
 * libpcap looks for devices in the namespace of its process. nsenter(1) starts it there.
 */
export async function capture(name: string, filter: readonly string[], options: CaptureOptions): Promise<number> {
  const socket = await socketPath(options);
  const rows = (await getJson(socket, '/v1/show/ifaces')) as IfaceRow[];
  const info = (await getJson(socket, '/v1/info')) as { pid: number; configFile: string };
  const row = ifaceRow(rows, name);
  const task: CaptureTask = {
    device: row.device,
    label: labelOf(row),
    filter: filterFor(row, filter),
    file: options.write,
    text: options.text ?? options.write === undefined,
    count: options.count,
    seconds: options.seconds,
  };
  const namespace = namespaceFile(row.netns, info);
  if (namespace !== undefined && !existsSync(namespace))
    throw new WindroseError('NETNS_MISSING', `"${row.netns}" of "${row.device}"`, `open ${namespace} ENOENT`);
  if (namespace !== undefined && process.geteuid?.() !== 0)
    throw new WindroseError('ROOT_MISSING', `capturing in namespace ${row.netns}`);
  return listenIn(namespace, task);
}

/** Runs the listening process to its end and gives its exit code. Signals to this process end it too. */
function listenIn(namespace: string | undefined, task: CaptureTask): Promise<number> {
  const program = fileURLToPath(new URL('./captureChild.js', import.meta.url));
  const enter = namespace === undefined ? [] : ['nsenter', `--net=${namespace}`, '--'];
  const [file, ...args] = [...enter, process.execPath, program, JSON.stringify(task)];
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
