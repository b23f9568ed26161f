import { labelOf } from './captureTask.js';
import { type SocketChoice, socketPath } from './controlClient.js';
import { listenIn, placeOf } from './listenIn.js';
import { ingressFilter, type TraceTask } from './traceTask.js';

export interface LiveOptions extends SocketChoice {
  readonly iface: string;
  readonly filter?: string | undefined;
  readonly count?: number | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
  readonly output: 'text' | 'json';
}

/** `windrose trace --iface X`: traces the frames that come in by an interface of the running gateway, as they come. */
export async function traceLive(options: LiveOptions): Promise<number> {
  const socket = await socketPath(options);
  const { row, rows, namespace } = await placeOf(socket, options.iface);
  const task: TraceTask = {
    device: row.device,
    iface: row.name,
    label: labelOf(row),
    filter: ingressFilter(rows, row, (options.filter ?? '').trim()),
    socket,
    mtu: row.mtu,
    output: options.output,
    count: options.count,
    seconds: options.timeout,
  };
  return listenIn(namespace, 'traceChild.js', task);
}
