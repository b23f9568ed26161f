import type { IfaceConfig } from '../config/config.js';
import type { Addon, LinkInfo } from '../io/addon.js';
import { deviceKey } from './buildRifs.js';

/** A device is asked once in this time at most, however many want to know. */
const FRESH_MS = 1000;
/**
 * Answers of many devices are kept for longer, and no more of them are asked anew in `BUDGET_MS` than `BUDGET`: each takes some 50 us of the
 * main thread where it is in another namespace, so a thousand guests cost it 1 % and are seen every five seconds.
 */
const FRESH_MS_EACH = 5;
const BUDGET_MS = 100;
const BUDGET = 20;

/** What the kernel says of a device, or why it says nothing. */
export type LinkAnswer = LinkInfo | LinkFailure;

export interface LinkFailure {
  /** "ENODEV", "ENOENT" (its namespace has no name any more), "EPERM"; as text, whatever it was. */
  readonly failure: string;
  /** The system call that failed. */
  readonly syscall: string;
}

export function isFailure(answer: LinkAnswer): answer is LinkFailure {
  return 'failure' in answer;
}

/** True when the device may not be looked at (capabilities were given up): what was known of it stands. */
export function isForbidden(answer: LinkAnswer): boolean {
  return isFailure(answer) && (answer.failure === 'EPERM' || answer.failure === 'EACCES');
}

/**
 * The devices as the kernel has them, by their names. Whoever follows links, MTUs or devices that come back, and whoever shows
 * them, shares one look: each is a few system calls, and a thread where the device is in another namespace.
 */
export class LinkLooks {
  readonly #answers = new Map<string, { readonly atMs: number; readonly answer: LinkAnswer }>();
  #budget = { sinceMs: -Infinity, left: 0 };

  constructor(
    private readonly addon: Pick<Addon, 'linkInfo'>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** An answer of the last second; of the last few where there are many devices. */
  of(device: IfaceConfig): LinkAnswer {
    const known = this.#answers.get(deviceKey(device));
    if (known === undefined) return this.ask(device);
    const fresh = Math.max(FRESH_MS, this.#answers.size * FRESH_MS_EACH);
    return this.nowMs() - known.atMs < fresh || !this.#mayAsk() ? known.answer : this.ask(device);
  }

  /** An answer of this moment. */
  ask(device: IfaceConfig): LinkAnswer {
    const answer = this.#ask(device);
    this.#answers.set(deviceKey(device), { atMs: this.nowMs(), answer });
    return answer;
  }

  /** A second is over: everybody gets a new answer about these. */
  renew(devices: readonly IfaceConfig[]): void {
    for (const device of devices) this.#answers.delete(deviceKey(device));
  }

  /** Of other devices than these nothing is kept. */
  forgetOthers(devices: readonly IfaceConfig[]): void {
    const keys = new Set(devices.map(deviceKey));
    for (const key of [...this.#answers.keys()]) if (!keys.has(key)) this.#answers.delete(key);
  }

  #mayAsk(): boolean {
    const now = this.nowMs();
    if (now - this.#budget.sinceMs >= BUDGET_MS) this.#budget = { sinceMs: now, left: BUDGET };
    return this.#budget.left-- > 0;
  }

  #ask({ device, netns }: IfaceConfig): LinkAnswer {
    try {
      return this.addon.linkInfo(device, netns);
    } catch (error) {
      const { code, syscall } = error as { code?: unknown; syscall?: unknown };
      return { failure: String(code ?? error), syscall: String(syscall ?? '') };
    }
  }
}
