import { setTimeout as pause } from 'node:timers/promises';
import { WindroseError } from '../../src/errors/catalog.js';
import { EtcdStore } from '../../src/store/etcd.js';
import { hostMacOf } from '../../src/store/objectStore.js';
import { formatMac } from '../../src/types/mac.js';

/**
 * Program of a test: hosts that start at the same time, each a client of its own, and draw their MACs out of few. Arguments:
 * endpoints with commas between them, the first host's number, how many hosts, how many MACs there are. Says `begun`, then what
 * each has got, as JSON; a code of an error in place of a MAC.
 */
const [endpoints, first, count, space] = process.argv.slice(2) as [string, string, string, string];
const draw = () => Uint8Array.of(0xfa, 0x16, 0x3f, 0, 0, Math.floor(Math.random() * Number(space)));
/** A host whose start fails because its store is away is started again. */
const STARTS = 20;

async function start(host: string): Promise<string> {
  const none = { tls: undefined, user: undefined, passwordFile: undefined };
  for (let starts = 1; ; starts++) {
    const store = new EtcdStore({ endpoints: endpoints.split(','), prefix: '/windrose/', ...none });
    try {
      return formatMac(await hostMacOf(store, host, draw));
    } catch (error) {
      if (!(error instanceof WindroseError)) throw error;
      if (error.code !== 'STORE_UNREACHABLE' || starts === STARTS) return error.code;
    } finally {
      await store.close();
    }
    await pause(200);
  }
}

process.stdout.write('begun\n');
const hosts = Array.from({ length: Number(count) }, (_, i) => `h${Number(first) + i}`);
const drawn = await Promise.all(hosts.map(async (host) => [host, await start(host)]));
process.stdout.write(`${JSON.stringify(Object.fromEntries(drawn))}\n`);
