import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portBlocksOctets } from '../../src/tables/portBlocks.js';
import { sessionsOctets } from '../../src/tables/sessions.js';

const PORTS_PER_ADDRESS = 64_512;

test('D39 at most 96 octets a session at 1,048,576 sessions, indices, wheel and the port pools for as many ports included', () => {
  const sessions = 1_048_576;
  const octets = sessionsOctets(sessions) + portBlocksOctets(Math.ceil(sessions / PORTS_PER_ADDRESS), 1);
  assert.ok(octets / sessions <= 96, `${octets / sessions} octets`);
});
