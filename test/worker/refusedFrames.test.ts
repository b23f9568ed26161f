import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Addon, IfaceKind } from '../../src/io/addon.js';
import { GoneIface } from '../../src/io/goneIface.js';
import type { Iface } from '../../src/io/iface.js';
import { NativeIface } from '../../src/io/nativeIface.js';
import { sendArpRequest } from '../../src/pipeline/arpSend.js';
import { CounterRoom, IfaceCounter } from '../../src/shared/counters.js';
import { World } from '../support/world.js';

/** A trunk with a router interface of its own and two VLANs. */
const yaml = `
name: refused
ifaces:
  - name: trunk
    tap: t0
    role: inside
    addresses: [10.0.0.1/24]
    vlans:
      - { id: 10, name: v10, role: inside, addresses: [10.0.1.1/24] }
      - { id: 20, name: v20, role: outside, addresses: [10.0.2.1/24] }
zones: []
`;
const [TRUNK, V10, V20] = [0, 1, 2];
const ARP_OCTETS = 42;
/** errno values: EIO, EAGAIN, EMSGSIZE, ENETDOWN, ENOBUFS, EPERM. */
const [EIO, EAGAIN, EMSGSIZE, ENETDOWN, ENOBUFS, EPERM] = [5, 11, 90, 100, 105, 1];

/** The trunk is a device that answers each frame of a list with the next of `errors` (0 = taken); `result`: the whole call's. */
function trunkWith(make: (w: World, errors: Int32Array, addon: Addon) => Iface, result?: number) {
  const w = new World({ yaml, answerArp: false });
  const errors = new Int32Array(64);
  const transmit = (_: number, n: number) => result ?? n - errors.subarray(0, n).filter((errno) => errno !== 0).length;
  const addon = { borrow: () => 0, release: () => {}, transmit } as unknown as Addon;
  const iface = make(w, errors, addon);
  w.turn.ifaces = [iface];
  w.cx.outlets = [iface.outlet];
  const rows = w.state.counters.rifs;
  const at = (slot: number, counter: IfaceCounter) => rows[slot * IfaceCounter.Count + counter]!;
  const before = Array.from(rows);
  /** Frames, octets and packets that left by a router interface since the start. */
  const sent = (rif: number) =>
    [IfaceCounter.TxFrames, IfaceCounter.TxOctets, IfaceCounter.TxPackets].map(
      (counter) => at(rif, counter) - before[rif * IfaceCounter.Count + counter]!,
    );
  const lost = (counter: IfaceCounter) => at(CounterRoom.FirstDevice, counter);
  return { w, errors, iface, sent, lost, rows };
}

const native = (w: World, errors: Int32Array, addon: Addon) =>
  new NativeIface('trunk', 0, addon, 9, IfaceKind.Packet, errors, w.cx);

test('what a device refuses is not counted as sent but by its cause, on the VLAN it was to leave by', () => {
  const { w, errors, sent, lost, rows } = trunkWith(native);
  for (const rif of [TRUNK, V10, V20, V10, V20, V10, V20]) sendArpRequest(w.cx, rif, 0x0900_000a, null);
  const untouched = Array.from(rows);
  errors.set([0, EMSGSIZE, ENOBUFS, 0, EAGAIN, ENETDOWN, EPERM]);
  w.turn.flush();
  assert.deepEqual(
    untouched.filter((count, slot) => count > rows[slot]!),
    [],
    'no counter steps back',
  );
  assert.deepEqual(sent(TRUNK), [1, ARP_OCTETS, 1]);
  assert.deepEqual(sent(V10), [1, ARP_OCTETS + 4, 1]);
  assert.deepEqual(sent(V20), [0, 0, 0]);
  const causes = [IfaceCounter.TxTooLong, IfaceCounter.TxFull, IfaceCounter.TxDown, IfaceCounter.TxError];
  assert.deepEqual(causes.map(lost), [1, 2, 1, 1]);
  errors.fill(0);
  sendArpRequest(w.cx, V20, 0x0900_000a, null);
  w.turn.flush();
  assert.deepEqual(sent(V20), [1, ARP_OCTETS + 4, 1]);
});

test('nothing is counted as sent to a device that is gone, nor when the call itself fails', () => {
  const gone = trunkWith((w) => new GoneIface(w.cx, 0));
  const closed = trunkWith((w, errors, addon) => {
    const iface = native(w, errors, addon);
    iface.close();
    return iface;
  });
  const failed = trunkWith(native, -9);
  for (const { w, sent, lost, errors } of [gone, closed, failed]) {
    errors.fill(EIO);
    for (const rif of [TRUNK, V10, V10]) sendArpRequest(w.cx, rif, 0x0900_000a, null);
    w.turn.flush();
    assert.deepEqual([TRUNK, V10].map(sent), [
      [0, 0, 0],
      [0, 0, 0],
    ]);
    const isFailed = w === failed.w;
    assert.deepEqual([lost(IfaceCounter.TxDown), lost(IfaceCounter.TxError)], isFailed ? [0, 3] : [3, 0]);
  }
});
