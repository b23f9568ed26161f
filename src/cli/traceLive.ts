import { labelOf } from './captureTask.js';
import { type SocketChoice, socketPath } from './controlClient.js';
import { listenIn, tracedPlaceOf } from './listenIn.js';
import { ingressFilter, portFilter, type TraceTask } from './traceTask.js';

export interface LiveOptions extends SocketChoice {
  readonly iface: string;
  readonly filter?: string | undefined;
  readonly count?: number | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
  readonly output: 'text' | 'json';
}

/** `windrose trace --iface X`: traces the frames that come in by an interface of the running gateway, or by a port of its networks, as they come. */
export async function traceLive(options: LiveOptions): Promise<number> {
  const socket = await socketPath(options);
  const { row, rows, port, namespace } = await tracedPlaceOf(socket, options.iface);
  const words = (options.filter ?? '').trim();
  const task: TraceTask = {
    device: row.device,
    iface: row.name,
    label: labelOf(row),
    filter: port === undefined ? ingressFilter(rows, row, words) : portFilter(port, words),
    socket,
    mtu: row.mtu,
    output: options.output,
    count: options.count,
    seconds: options.timeout,
  };
  return listenIn(namespace, 'traceChild.js', task);
}
