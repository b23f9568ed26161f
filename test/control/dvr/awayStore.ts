import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { WindroseError } from '../../../src/errors/catalog.js';
import type { Store } from '../../../src/store/store.js';
import { fresh } from '../../store/fresh.js';

/** A store whose requests fail while it is away, and what a gateway logs. */
export async function made() {
  const embedded = await fresh();
  const log: string[] = [];
  const note = (_: unknown, sentence: string): void => void log.push(sentence);
  let away = false;
  const ask = <T>(answer: () => Promise<T>): Promise<T> =>
    away ? Promise.reject(new WindroseError('STORE_UNREACHABLE', 'there', 'gone')) : answer();
  const store: Store = {
    range: (...all) => ask(() => embedded.range(...all)),
    transact: (one) => ask(() => embedded.transact(one)),
    watch: (...all) => embedded.watch(...all),
    grant: (seconds) =>
      ask(async () => {
        const lease = await embedded.grant(seconds);
        return { ...lease, keepAlive: () => ask(lease.keepAlive) };
      }),
    close: () => embedded.close(),
  };
  const outage = (gone: boolean): void => {
    away = gone;
  };
  return { store, embedded, log, logger: { info: note, warn: note } as never, outage };
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5000; !(await holds()); await pause(5)) assert.ok(Date.now() < end, 'in time');
}
