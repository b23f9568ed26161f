import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { trace } from '../../src/control/trace/trace.js';
import { isFault } from '../../src/types/parsed.js';
import { parseTrace } from '../../src/types/trace.js';
import { makeGateway } from './made.js';

/** What a trace says of an echo request. */
function saidOf(iface: string, from: string, to: string): string {
  const request = parseTrace(new URLSearchParams({ iface, proto: 'icmp', from, to }));
  assert.ok(!isFault(request));
  const answer = trace(makeGateway().shown, request.value);
  assert.ok(!isFault(answer));
  assert.equal(answer.value.verdict, 'echo_answered');
  return answer.value.says;
}

const ANSWERS = 'The gateway answers the echo request itself.';

describe('the answer to an echo request', () => {
  test('goes back where it came from, of which nothing is said', () =>
    assert.equal(saidOf('wan', '100.10.9.9', '100.10.0.1'), ANSWERS));
  test('leaves by another interface when the route says so', () =>
    assert.equal(
      saidOf('wan', '100.7.0.9', '100.10.0.1'),
      `${ANSWERS} The answer leaves by wan7, where the way back to 100.7.0.9 is, not by wan.`,
    ));
  test('is not sent across the border', () =>
    assert.match(
      saidOf('lan', '100.10.9.9', '10.0.0.1'),
      / the way back to 100\.10\.9\.9 is wan, on the other side .* not sent\.$/,
    ));
  test('is not sent without a way back', () =>
    assert.match(saidOf('lan', '10.66.0.9', '10.0.0.1'), / there is no way back to 10\.66\.0\.9: the answer is not sent\.$/));
});
