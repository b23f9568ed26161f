import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionState as S, timeoutSlot } from '../../src/pipeline/tcpState.js';
import { Limit, Midstream, Timeout } from '../../src/tables/snapshot.js';
import { small } from '../support/sample.js';
import { World } from '../support/world.js';

/** The table of zones.md 1.7, as the data plane has it: ticks of 100 ms. */

const seconds = (yaml: string): number[] => {
  const { timeouts } = new World({ yaml }).snapshot;
  const states = [S.Established, S.HalfOpen, S.FinOutward, S.FinInward, S.Closing, S.Reset];
  return states.map((state) => timeouts[timeoutSlot(6, state)]! / 10);
};
const plain = small('1024-65535').replace(/timers:.*/, '');

test('zones.md 1.7 the timer of each state, by profile', () => {
  assert.deepEqual(seconds(plain), [7440, 240, 7440, 7440, 240, 240]);
  assert.deepEqual(seconds(`${plain}timers: { profile: dense }\n`), [900, 30, 120, 120, 60, 10]);
});

test('D18 TCP-4 TCP-9 TCP-13 TIM-6 what is off or silent unless asked for, and the six seconds of a SYN', () => {
  const { limits, timeouts } = new World({ yaml: plain }).snapshot;
  assert.deepEqual(
    [Limit.Midstream, Limit.Mss, Limit.ResetOnExpiry, Limit.AnswerUnsolicited].map((limit) => limits[limit]),
    [Midstream.Drop, 0, 0, 0],
  );
  assert.equal(timeouts[Timeout.UnsolicitedSyn], 60);
  const asked = `${plain}tcp: { midstream: adopt, mss: pmtu, resetOnExpiry: true, answerUnsolicited: true }\n`;
  assert.deepEqual(
    [Limit.Midstream, Limit.Mss, Limit.ResetOnExpiry, Limit.AnswerUnsolicited].map(
      (limit) => new World({ yaml: asked }).snapshot.limits[limit],
    ),
    [Midstream.Adopt, -1, 1, 1],
  );
});
