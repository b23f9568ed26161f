import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Seat, until } from '../../src/control/seat.js';
import { ControlWord } from '../../src/shared/control.js';

test('a worker that does not start is given up in time, also when the clock is set back meanwhile', async (t) => {
  const control = new Int32Array(ControlWord.Count);
  const seat: Seat = { thread: undefined, control, wakeFd: -1, channel: [-1, -1], failures: [] };
  let now = Date.now();
  t.mock.method(Date, 'now', () => (now -= 1000));
  const begun = performance.now();
  const asked = () => performance.now() - begun > 2000;
  assert.equal(await until(seat, asked, 100), false);
});
