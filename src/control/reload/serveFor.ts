import { ControlWord } from '../../shared/control.js';
import type { ObjectBook } from '../dvr/mirror/objectBook.js';
import type { Gateway } from '../gateway.js';
import { appliedSnat } from './reload.js';

/**
 * Workers serve what another host takes when the lease of this one is over for so many milliseconds from now on, and then no longer, whatever becomes
 * of the main thread; 0: no longer than they were told before.
 */
export function serveFor(
  { addon, states }: { readonly addon: Pick<Gateway['addon'], 'nowMs'> } & Pick<Gateway, 'states'>,
  ms: number,
): void {
  const until = (addon.nowMs() + Math.floor(ms)) | 0 || 1;
  for (const { control } of states)
    if (ms > 0 || Atomics.load(control, ControlWord.ServeUntil) === 0) Atomics.store(control, ControlWord.ServeUntil, until);
}

/** This host takes SNAT services and gives them up from now on, where it shares its store; `changed`: what the workers go by is to follow. */
export function startSnat(gateway: Gateway, changed: () => void): void {
  gateway.host?.snat?.start(
    () => appliedSnat(gateway),
    changed,
    (ms) => serveFor(gateway, ms),
  );
}

/** `changed` is called when the objects are others; what SNAT services have in the store follows from them alone, and waits for no table. */
export function watchObjects({ host }: Pick<Gateway, 'host'>, changed: () => void): ReturnType<ObjectBook['watch']> | undefined {
  return host?.book.watch(() => {
    void host.snat?.changed();
    changed();
  });
}
