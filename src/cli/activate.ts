import { WindroseError } from '../errors/catalog.js';
import type { ActivateReport } from '../types/activate.js';
import { postJson, type SocketChoice, socketPath } from './controlClient.js';
import { Exit } from './fail.js';
import { print } from './print.js';

export interface ActivateOptions extends SocketChoice {
  readonly output: 'text' | 'json';
  /** Refused: "apply" without migratingTo, and with the other host, does it in a store without a gateway. */
  readonly config?: string | undefined;
}

/** Binds a port to the host it is migrating to and prints where it is. Doing it again changes nothing. */
export async function activate(port: string, options: ActivateOptions): Promise<Exit> {
  if (options.config !== undefined)
    throw new WindroseError('WORDS_REFUSED', 'activate asks a gateway that runs: give --name or --socket instead of --config');
  const socket = await socketPath(options);
  const report = (await postJson(socket, `/v1/activate?${new URLSearchParams({ port })}`)) as ActivateReport;
  if (options.output === 'json') {
    print(`${JSON.stringify(report, null, 2)}\n`);
    return report.ok ? Exit.Done : Exit.Failed;
  }
  const { ok, host, from, shared, refused } = report;
  if (!ok) throw new WindroseError('ACTIVATE_REFUSED', port, refused);
  print(
    from === ''
      ? `${port} is bound to ${host}, and is not migrating\n`
      : `${port} is bound to ${host}, and no longer to ${from}\n`,
  );
  if (from !== '' && !shared) print('the other hosts have stores of their own: activate it there too\n');
  return Exit.Done;
}
