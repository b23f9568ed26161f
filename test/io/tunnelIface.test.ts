import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { TunnelKind } from '../../src/io/tunnelCalls.js';
import { TunnelSend } from '../../src/pipeline/tunnelList.js';
import { IfaceCounter } from '../../src/shared/counters.js';
import { TagColumn } from '../../src/wire/ethernet.js';
import { greWrite } from '../../src/wire/gre.js';
import { Arena } from '../../src/wire/memory.js';
import { plainLoops } from '../../src/wire/plainLoops.js';
import { vxlanWrite } from '../../src/wire/vxlan.js';
import { PEER, tunnel } from '../support/datagrams.js';
import { eth, ipv4, packet, tcp } from '../support/layers.js';

/** A frame of `octets` octets that `mark` tells from others, behind a tunnel header. */
function payload(kind: TunnelKind, segment: number, mark: number, octets: number): Uint8Array {
  const u8 = new Uint8Array(8 + octets).fill(mark);
  const u16 = new Uint16Array(u8.buffer, 0, 4);
  const m = { u8, u16, i32: new Int32Array(0), loops: plainLoops(u8, u16) };
  if (kind === TunnelKind.Udp) vxlanWrite(m, 0, segment);
  else greWrite(m, 0, segment);
  return u8;
}

describe('what comes out of a tunnel', () => {
  test('D12: a frame alone stays where it was received, with the other end and the VNI beside it', () => {
    const t = tunnel(TunnelKind.Udp, [{ payloads: [payload(TunnelKind.Udp, 0xabcdef, 7, 60)] }]);
    assert.equal(t.iface.receive(64), 1);
    assert.equal(t.cx.offsets[0], Arena.TunnelStart + Arena.FrameStart);
    assert.deepEqual([t.cx.sources[0], t.cx.segments[0], t.cx.tags[0]], [PEER, 0xabcdef, 0]);
    assert.deepEqual(t.frame(0), new Uint8Array(60).fill(7));
    const header = t.cx.memory.u8.subarray(t.cx.offsets[0]! - Arena.VirtioHeader, t.cx.offsets[0]!);
    assert.deepEqual([...header], Array(10).fill(0), 'the tunnel header would be read as offloads');
    assert.equal(t.iface.receive(64), 0);
  });

  test('joined datagrams of odd sizes become aligned frames, in order, over several bursts', () => {
    const payloads = Array.from({ length: 45 }, (_, i) => payload(TunnelKind.Udp, i + 1, i + 1, i === 44 ? 61 : 1399));
    const t = tunnel(TunnelKind.Udp, [{ payloads }, { payloads: [payload(TunnelKind.Udp, 99, 99, 64)] }]);
    const seen: number[] = [];
    for (let n = t.iface.receive(20); n > 0; n = t.iface.receive(20)) {
      assert.ok(n <= 20);
      for (let f = 0; f < n; f++) {
        assert.equal(t.cx.offsets[f]! % 64, 10);
        const [mark] = t.frame(f);
        assert.deepEqual(t.frame(f), new Uint8Array(mark === 99 ? 64 : mark === 45 ? 61 : 1399).fill(mark!));
        assert.equal(t.cx.segments[f], mark);
        seen.push(mark!);
      }
    }
    assert.deepEqual(seen, [...payloads.keys()].map((i) => i + 1).concat(99));
    assert.equal(t.iface.waiting, false);
  });

  test('what does not fit into the room of a burst waits for the next', () => {
    const huge = { payloads: [1, 2, 3].map((mark) => payload(TunnelKind.Udp, 1, mark, 21_000)) };
    const t = tunnel(TunnelKind.Udp, Array(8).fill(huge));
    // The first of each stays where it is.
    const copied = Math.floor(Arena.BurstEnd / 21_120);
    const first = t.iface.receive(64);
    assert.equal(first, copied + copied / 2 + 1);
    assert.equal(t.iface.waiting, true);
    assert.equal(first + t.iface.receive(64), 24);
  });

  test('behind an outer header with options a frame is moved into its place', () => {
    const t = tunnel(TunnelKind.Raw, [{ payloads: [payload(TunnelKind.Raw, -2, 9, 80)], shift: 12 }]);
    assert.equal(t.iface.receive(64), 1);
    assert.equal(t.cx.offsets[0]! % 64, 10);
    assert.equal(t.cx.segments[0], -2);
    assert.deepEqual(t.frame(0), new Uint8Array(80).fill(9));
  });

  test('segments of fewer octets than any super-frame may have are not joined, for nobody would take them so', () => {
    for (const [octets, frames] of [
      [7, 3],
      [8, 1],
    ] as const) {
      const payloads = [0, 1, 2].map((i) => {
        const ends = { src: '10.0.0.12', dst: '10.0.0.11', id: 5 + i };
        const segment = packet(eth(), ipv4(ends), tcp({ seq: 100 + i * octets, flags: 'A' }), new Uint8Array(octets).fill(i));
        const out = payload(TunnelKind.Udp, 1, 0, segment.length);
        out.set(segment, 8);
        return out;
      });
      const t = tunnel(
        TunnelKind.Udp,
        payloads.map((one) => ({ payloads: [one] })),
      );
      assert.equal(t.iface.receive(64), frames, `${octets} octets`);
    }
  });

  test('a header that is none marks the frame, which is received all the same', () => {
    const bad = payload(TunnelKind.Udp, 5, 1, 60);
    bad[0] = 0;
    const t = tunnel(TunnelKind.Udp, [{ payloads: [bad] }, { payloads: [new Uint8Array(3)] }, { payloads: [new Uint8Array(0)] }]);
    assert.equal(t.iface.receive(64), 3);
    assert.deepEqual([...t.cx.tags.subarray(0, 3)], Array(3).fill(TagColumn.BadTunnelHeader));
    assert.deepEqual([...t.cx.lengths.subarray(0, 3)], [60, 0, 0]);
  });
});

describe('what goes into a tunnel', () => {
  test('counts what the kernel took, and what it refused by its cause', () => {
    const t = tunnel(TunnelKind.Udp, [], [0, 90, 11, 0, 101]);
    const list = t.cx.tunnels[0]!;
    for (let i = 0; i < 5; i++) list.sends[i * TunnelSend.Words + TunnelSend.Octets] = 108 + i;
    list.queued = 5;
    t.iface.transmit();
    assert.equal(list.queued, 0);
    assert.deepEqual(
      [IfaceCounter.TxFrames, IfaceCounter.TxOctets, IfaceCounter.TxTooLong, IfaceCounter.TxFull, IfaceCounter.TxDown].map(
        t.counter,
      ),
      [2, 100 + 103, 1, 1, 1],
    );
  });

  test('after closing counts as down, and the sockets are given back once', () => {
    const t = tunnel(TunnelKind.Udp, []);
    t.iface.close();
    t.iface.close();
    t.cx.tunnels[0]!.queued = 2;
    t.iface.transmit();
    assert.equal(t.released(), 1);
    assert.equal(t.counter(IfaceCounter.TxDown), 2);
  });
});
