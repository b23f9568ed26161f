import { type CaptureTask, filterFor, labelOf } from './captureTask.js';
import { type SocketChoice, socketPath } from './controlClient.js';
import { anyPlaceOf, listenIn } from './listenIn.js';

export interface CaptureOptions extends SocketChoice {
  /** "-" is standard output. */
  readonly write?: string | undefined;
  readonly text?: boolean | undefined;
  readonly count?: number | undefined;
  readonly seconds?: number | undefined;
}

/**
 * `windrose capture IFACE`, or a port or physical network: asks the running gateway which device that is, and listens there in a
 * process of its own.
 */
export async function capture(name: string, filter: readonly string[], options: CaptureOptions): Promise<number> {
  const { row, namespace } = await anyPlaceOf(await socketPath(options), name);
  const task: CaptureTask = {
    device: row.device,
    label: labelOf(row),
    filter: filterFor(row, filter),
    file: options.write,
    text: options.text ?? options.write === undefined,
    mtu: row.mtu,
    count: options.count,
    seconds: options.seconds,
  };
  return listenIn(namespace, 'captureChild.js', task);
}
