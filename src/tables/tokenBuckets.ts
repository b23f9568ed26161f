/**
 * Token buckets of the ICMP error limits (ERR-16): one for each group of receivers with the same hash, and a last one for all. All
 * workers draw from them, so everything here is atomic; it runs only when an error is due. [bucket][thousandths of a token, tick]. Others
 * are made and drawn from in the same way (State.metadataTokens).
 */
export const ICMP_BUCKETS = 4096;
/** Number of the bucket for all receivers together. */
export const BUCKET_FOR_ALL = ICMP_BUCKETS;

export const BUCKET_WORDS = (ICMP_BUCKETS + 1) * 2;

const TOKEN = 1000;
/** A bucket that was not used for so many ticks is full. */
const LONGEST = 10_000;

/** Takes a token when there is one. `now` in ticks of 100 ms; a tick of 0 means that the bucket was never used and is full. */
export function bucketTake(t: Int32Array, bucket: number, now: number, perSecond: number, burst: number): boolean {
  const at = bucket * 2;
  refill(t, at, now, perSecond, burst);
  if (Atomics.sub(t, at, TOKEN) >= TOKEN) return true;
  Atomics.add(t, at, TOKEN);
  return false;
}

/** Gives back what bucketTake took. */
export function bucketReturn(t: Int32Array, bucket: number): void {
  Atomics.add(t, bucket * 2, TOKEN);
}

/** Adds what has come in since the last look, by whichever worker looks first. */
function refill(t: Int32Array, at: number, now: number, perSecond: number, burst: number): void {
  const since = Atomics.load(t, at + 1);
  const passed = since === 0 ? LONGEST : Math.min((now - since) | 0, LONGEST);
  // Clocks of workers may be a tick apart.
  if (passed <= 0 || Atomics.compareExchange(t, at + 1, since, now) !== since) return;
  const room = burst * TOKEN - Atomics.load(t, at);
  Atomics.add(t, at, Math.min(room, (passed * perSecond * TOKEN) / 10) | 0);
}
