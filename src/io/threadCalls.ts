/** The part of the addon (addon.ts) that says where and when a thread runs. */
export interface ThreadCalls {
  /** Pins the calling thread to one CPU. Throws AddonError. */
  pinThread(cpu: number): void;
  /**
   * Gives the calling thread turns of `micros` (100 to 100,000) on a CPU that others want as well: once woken it runs before
   * those with longer ones, and has no more of the CPU than before. False where the kernel has no such thing (before Linux 6.12)
   * or forbids it: then it waits for its turn as others do.
   */
  takeShortTurns(micros: number): boolean;
}
