import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { trace } from '../../src/control/trace/trace.js';
import { isFault } from '../../src/types/parsed.js';
import { parseTrace } from '../../src/types/trace.js';
import { makeGateway } from './made.js';

/** What a trace says of an echo request. */
function saidOf(iface: string, from: string, to: string, verdict = 'echo_answered'): string {
  const request = parseTrace(new URLSearchParams({ iface, proto: 'icmp', from, to }));
  assert.ok(!isFault(request));
  const answer = trace(makeGateway().shown, request.value);
  assert.ok(!isFault(answer));
  assert.equal(answer.value.verdict, verdict);
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
  test('is not sent across the border, and the request is dropped', () =>
    assert.match(
      saidOf('lan', '100.10.9.9', '10.0.0.1', 'local_no_way_back'),
      /^Dropped: .* The way back to 100\.10\.9\.9 is wan, on the other side of the translation\.$/,
    ));
  test('is not sent without a way back', () =>
    assert.match(saidOf('lan', '10.66.0.9', '10.0.0.1', 'local_no_way_back'), / There is no way back to 10\.66\.0\.9\.$/));
});
