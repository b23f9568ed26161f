import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import { eventually, pause, scenario } from '../support/scenario.js';
import { answers, files, SHOWN_OUT_MS } from './busy.js';
import { dawdle } from './hostile.js';

/** More than the socket serves at a time. */
const DAWDLERS = 40;

scenario('clients that keep every connection busy are shown out', { folder: 'control-socket', on: ['tap'] }, async (bed) => {
  const filesBefore = files(bed.process.child.pid!);
  const slow = Array.from({ length: DAWDLERS }, () => dawdle(bed.socket));
  try {
    await pause(300);
    await answers(bed, SHOWN_OUT_MS);
    await Promise.race([
      Promise.all(slow.map(({ gone }) => gone)),
      pause(SHOWN_OUT_MS).then(() => assert.fail('a slow client was left')),
    ]);
  } finally {
    for (const one of slow) one.leave();
  }
  await eventually(
    () => files(bed.process.child.pid!),
    (count) => count <= filesBefore,
    SHOWN_OUT_MS,
  );
  bed.on('client', `ping -c 2 -i 0.2 -w 5 ${SERVER}`);
});
