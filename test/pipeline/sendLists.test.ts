import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendArpRequest } from '../../src/pipeline/arpSend.js';
import { MAX_SENDS } from '../../src/pipeline/outlet.js';
import { decode } from '../support/decode.js';
import { echoOut, udpOut } from '../support/flows.js';
import { REMOTE } from '../support/sample.js';
import { World } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** What happens when an interface's list of frames to send is full in the middle of a burst. */

test('a frame whose list was full when it was made is not overwritten by those made after it', () => {
  const w = new World({ answerArp: false });
  w.arps('lan');
  // The list for lan gets full; then the same scratch memory is given out again, for other lists.
  for (let i = 0; i <= MAX_SENDS; i++) sendArpRequest(w.cx, 0, i, null);
  for (let i = 0; i < MAX_SENDS - 1; i++) sendArpRequest(w.cx, 1, 1000 + i, null);
  for (let i = 0; i < MAX_SENDS - 1; i++) sendArpRequest(w.cx, 2, 1000 + i, null);
  w.turn.flush();
  const asked = w.arps('lan').map((frame) => decode(frame.octets).arp!.targetIp);
  assert.equal(asked.length, MAX_SENDS + 1);
  assert.equal(new Set(asked).size, MAX_SENDS + 1, 'each was asked for once');
});

test('a list that fills up in the short cut is sent, and nothing is written behind it', () => {
  const w = new World();
  const { outlet } = w.turn.ifaces[1]!;
  w.send('lan', udpOut('10.0.0.5', 4000));
  assert.equal(w.sent('wan').length, 1);
  const burst = Array.from({ length: 63 }, () => udpOut('10.0.0.5', 4000));
  for (const spare of [0, 1, 2, 3, 62, 63, 64]) {
    // Frames that stand for what a long burst left: the ones sent last, again.
    for (let i = 0; i < MAX_SENDS - 1 - spare; i++) outlet.sends.set([outlet.sends[0]!, outlet.sends[1]!], i * 2);
    outlet.queued = MAX_SENDS - 1 - spare;
    w.send('lan', ...burst, echoOut('10.0.0.5', 3, REMOTE));
    const out = w.sent('wan');
    assert.equal(out.length, MAX_SENDS - 1 - spare + 64);
    for (const frame of out) assert.equal(decode(frame.octets).eth!.dst, macOf('192.0.2.254'));
  }
});
