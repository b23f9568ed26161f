import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StoreConfig } from '../../../config/config.js';
import { WindroseError } from '../../../errors/catalog.js';
import { EmbeddedStore } from '../../../store/embedded.js';
import type { Store } from '../../../store/store.js';
import { ToldToStop } from '../../toldToStop.js';

/** How long a start waits for a store that does not answer: as long as a cluster takes to elect a leader, or a machine to come up beside it. */
const WAIT_MS = 30_000;
const RETRY_MS = 500;

/**
 * The store of the configuration, answering. Nothing is forwarded before the objects are known (dvr.md 5.7), so one that does not answer is
 * waited for, but not for ever: whoever started the process is to learn of it. Throws a WindroseError, or a ToldToStop when `told` resolves.
 */
export async function openStore(
  config: StoreConfig,
  log?: Pick<Logger, 'info' | 'warn'>,
  told: Promise<unknown> = new Promise(() => {}),
  waitMs = WAIT_MS,
): Promise<Store> {
  if ('directory' in config) return EmbeddedStore.open(config.directory);
  // Only who has one pays for its client.
  const { EtcdStore } = await import('../../../store/etcd.js');
  const store = new EtcdStore(config.etcd);
  const stopped = told.then(() => {
    throw new ToldToStop();
  });
  try {
    await Promise.race([answered(store, waitMs, log), stopped]);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function answered(store: Store, waitMs: number, log: Pick<Logger, 'info' | 'warn'> | undefined): Promise<void> {
  const until = performance.now() + waitMs;
  for (let waiting = false; ; ) {
    try {
      await store.range('meta/');
      if (waiting) log?.info('the store answers');
      return;
    } catch (error) {
      const passing = error instanceof WindroseError && error.code === 'STORE_UNREACHABLE';
      if (!passing || performance.now() > until) throw error;
      const { message, remedy } = error;
      if (!waiting) log?.warn({ failure: message, remedy, seconds: waitMs / 1000 }, 'waiting for the store');
      waiting = true;
      await pause(RETRY_MS);
    }
  }
}
