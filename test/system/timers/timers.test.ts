import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import type { TableReadings } from '../support/readings.js';
import { eventually, scenario } from '../support/scenario.js';

/** Sessions of each kind that nobody closes: idle TCP, answered UDP, unanswered UDP. */
const EACH = 20;
/** One ping is one session. */
const UNCLOSED = 3 * EACH + 1;
const ESTABLISHED_MS = 8000;
const HOLD_MS = 5000;

scenario('sessions, ports and port blocks return to zero after their timers', { folder: 'timers', inside: true }, async (bed) => {
  const read = bed.read as TableReadings;
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await outside.ask('serveUdp', { port: 7001 });
  const started = Date.now();
  await inside.ask('connectMany', { to: SERVER, port: 7000, count: 200, parallel: 20, payload: 10 });
  await inside.ask('hold', { to: SERVER, port: 7000, count: EACH });
  for (let i = 0; i < EACH; i++) {
    assert.equal((await inside.ask('askUdp', { to: SERVER, port: 7001, octets: 10 })).error, '');
    // Nobody listens there: the answer is an ICMP error, so the session stays unanswered.
    await inside.ask('askUdp', { to: SERVER, port: 7999, octets: 10, timeoutMs: 5 });
  }
  bed.on('client', `ping -c 3 -i 0.02 -w 5 ${SERVER}`);
  // Closed sessions end meanwhile, perhaps between two readings: every session has a port, whatever their number.
  const counts = async (): Promise<number[]> => [await read.sessionCount(), await read.portsUsed()];
  const [held = 0] = await eventually(counts, ([sessions, ports]) => sessions === ports);
  assert.ok(held >= UNCLOSED, `${held} sessions`);
  assert.ok(read.blocksHeld() > 0);

  await eventually(
    () => read.sessionCount(),
    (sessions) => sessions === 0,
    14_000,
  );
  assert.ok(Date.now() - started >= ESTABLISHED_MS, 'the established ones stayed for their time');
  assert.equal(
    await read.portsUsed(),
    UNCLOSED,
    'ports of sessions that nobody closed are held, those of the closed ones are free',
  );
  assert.ok(read.blocksHeld() > 0);

  await eventually(
    async () => [await read.portsUsed(), read.blocksHeld()],
    (left) => left.every((count) => count === 0),
    HOLD_MS + 3000,
  );
  assert.ok(Date.now() - started >= ESTABLISHED_MS + HOLD_MS, 'they were held for their time');
});
