import type { IfaceConfig } from '../config/config.js';
import type { Addon, LinkInfo } from '../io/addon.js';
import { deviceKey } from './buildRifs.js';

/** A device is asked once in this time at most, however many want to know. */
const FRESH_MS = 1000;

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

  constructor(
    private readonly addon: Pick<Addon, 'linkInfo'>,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** An answer of the last second. */
  of(device: IfaceConfig): LinkAnswer {
    const known = this.#answers.get(deviceKey(device));
    return known !== undefined && this.nowMs() - known.atMs < FRESH_MS ? known.answer : this.ask(device);
  }

  /** An answer of this moment. */
  ask(device: IfaceConfig): LinkAnswer {
    const answer = this.#ask(device);
    this.#answers.set(deviceKey(device), { atMs: this.nowMs(), answer });
    return answer;
  }

  /** A second is over: everybody gets a new answer. */
  renew(): void {
    this.#answers.clear();
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
