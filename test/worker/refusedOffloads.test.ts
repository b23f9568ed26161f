import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Addon, IfaceKind } from '../../src/io/addon.js';
import { NativeIface } from '../../src/io/nativeIface.js';
import { CounterRoom, IfaceCounter } from '../../src/shared/counters.js';
import { Lacks } from '../../src/shared/offloads.js';
import { Arena } from '../../src/wire/memory.js';
import { tso, uso } from '../support/virtio.js';
import { World } from '../support/world.js';

/** A device that answers EINVAL (22) to whatever it is given. */
function refusing() {
  const { cx } = new World({ answerArp: false });
  const { memory, counters } = cx;
  const errors = new Int32Array(8).fill(22);
  const addon = { borrow: () => 0, transmit: () => 0 } as unknown as Addon;
  const iface = new NativeIface('lan', 3, addon, 9, IfaceKind.Tap, errors, cx);
  const send = (virtio: Uint8Array): void => {
    memory.u8.set(virtio, Arena.FrameStart - Arena.VirtioHeader);
    iface.outlet.sends[0] = Arena.FrameStart;
    iface.outlet.queued = 1;
    iface.transmit();
  };
  const refused = () => counters.rifs[(CounterRoom.FirstDevice + 3) * IfaceCounter.Count + IfaceCounter.TxError];
  return { iface, send, refused };
}

test('OFF-16 a device that refuses a super-frame gets no more of its kind, whatever is configured later; each is counted', () => {
  const { iface, send, refused } = refusing();
  iface.setOffloads(0, true);
  send(new Uint8Array(10));
  assert.equal(iface.outlet.lacks, 0, 'a plain frame says nothing');
  send(uso(1200));
  assert.deepEqual([iface.outlet.lacks, iface.outlet.coalesces], [Lacks.Uso, true]);
  send(tso(1448));
  assert.equal(iface.outlet.lacks, Lacks.Uso | Lacks.Tso);
  assert.equal(iface.outlet.coalesces, false, 'nothing is joined for it');
  iface.setOffloads(0, true);
  assert.equal(iface.outlet.lacks, Lacks.Uso | Lacks.Tso);
  assert.equal(refused(), 3);
});
