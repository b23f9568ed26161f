/** At most one line per key and window, with the count of what happened (LOG-3). Keys come from closed sets. */
export class CountedLine {
  readonly #open = new Map<string, { sinceMs: number; count: number }>();

  constructor(
    private readonly windowMs: number,
    private readonly write: (key: string, count: number, seconds: number) => void,
  ) {}

  /**
   * Adds `count` (0 or more). The first is told at once; what follows within the window is told in one line at its end; a window in
   * which nothing happened closes.
   */
  add(key: string, count: number, nowMs: number): void {
    const open = this.#open.get(key);
    if (open === undefined) {
      if (count === 0) return;
      this.write(key, count, 0);
      this.#open.set(key, { sinceMs: nowMs, count: 0 });
      return;
    }
    open.count += count;
    const passed = nowMs - open.sinceMs;
    if (passed < this.windowMs) return;
    if (open.count === 0) this.#open.delete(key);
    else {
      this.write(key, open.count, Math.round(passed / 1000));
      this.#open.set(key, { sinceMs: nowMs, count: 0 });
    }
  }
}

/** At most so many lines per window; tells how many it held back. */
export class LineBudget {
  #sinceMs = -Infinity;
  #left = 0;
  #held = 0;

  constructor(
    private readonly lines: number,
    private readonly windowMs: number,
    /** Called when a window begins after one that held lines back. */
    private readonly gap: (held: number) => void,
  ) {}

  /** True when a line may be written. */
  take(nowMs: number): boolean {
    this.turn(nowMs);
    if (this.#left === 0) {
      this.#held++;
      return false;
    }
    this.#left--;
    return true;
  }

  /** Begins the next window when the last is over. */
  turn(nowMs: number): void {
    if (nowMs - this.#sinceMs < this.windowMs) return;
    if (this.#held > 0) this.gap(this.#held);
    this.#sinceMs = nowMs;
    this.#left = this.lines;
    this.#held = 0;
  }
}
