import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import {
  handoffIn,
  handoffOctets,
  Letter,
  ringFirst,
  ringPublish,
  ringRelease,
  ringReserve,
} from '../../src/tables/handoffRing.js';

/** Records that really cross between two threads. */
const RECORDS = 300_000;

/** Every word of a record says which record it is of: a word that is seen too early or too late does not match. */
function send(buffer: SharedArrayBuffer): void {
  const ring = handoffIn(buffer, 2, 0).outbound[1]!;
  for (let n = 1; n <= RECORDS; ) {
    const octets = 64 * (1 + (n % 23));
    const at = ringReserve(ring, octets);
    if (at < 0) continue;
    for (let w = Letter.Kind; w < octets / 4; w++) ring.words[at + w] = n;
    ringPublish(ring, at);
    n++;
  }
}

if (!isMainThread) send(workerData as SharedArrayBuffer);
else {
  test(`${RECORDS} records from one thread to another arrive in order and whole`, async () => {
    const buffer = new SharedArrayBuffer(handoffOctets(2));
    const ring = handoffIn(buffer, 2, 1).inbound[0]!;
    const sender = new Worker(new URL(import.meta.url), { workerData: buffer });
    const deadline = Date.now() + 60_000;
    for (let n = 1; n <= RECORDS; ) {
      const at = ringFirst(ring);
      if (at < 0) {
        if (Date.now() > deadline) assert.fail(`only ${n - 1} records came`);
        continue;
      }
      const size = 16 * (1 + (n % 23));
      assert.equal(ring.words[at + Letter.Size], size);
      for (let w = Letter.Kind; w < size; w++)
        if (ring.words[at + w] !== n) assert.fail(`word ${w} of record ${n} is ${ring.words[at + w]}`);
      ringRelease(ring, at);
      n++;
    }
    await sender.terminate();
  });
}
