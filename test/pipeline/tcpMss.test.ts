import assert from 'node:assert/strict';
import { Limit } from '../../src/tables/snapshot.js';
import { checksumFault, decode } from '../support/decode.js';
import { answerTo, tcpOut } from '../support/flows.js';
import { REMOTE, small } from '../support/sample.js';
import { partial } from '../support/virtio.js';
import { type World, worldTest } from '../support/world.js';

/** The MSS clamp on translated SYNs (TCP-13). */

const HOST = '10.0.0.5';
const yaml = small('1024-65535');
const mss = (value: number): number[] => [1, 2, 4, value >> 8, value & 255, 1, 1, 1];

function announced(octets: Uint8Array): number {
  const { options } = decode(octets).tcp!;
  return (options[3]! << 8) | options[4]!;
}

/** What the two ends are told when both announce `value`, with finished and with partial checksums. */
function exchange(w: World, port: number, value: number): number[] {
  const options = mss(value);
  w.send('lan', tcpOut(HOST, port, 'S', REMOTE, { options }));
  const out = w.one('wan');
  w.send('wan', answerTo(out, { flags: 'SA', options }, {}, ''));
  const back = w.one('lan');
  w.send('lan', { octets: tcpOut(HOST, port + 1, 'S', REMOTE, { options, checksum: 'partial' }), virtio: partial(34, 16) });
  const half = w.one('wan');
  for (const frame of [out, back, half]) assert.equal(checksumFault(frame.octets, frame.virtio), undefined);
  return [out, back, half].map(({ octets }) => announced(octets));
}

worldTest('TCP-13 off by default', { yaml, mtus: { lan: 9000, wan: 1400 } }, (w) => {
  assert.deepEqual(exchange(w, 4000, 8960), [8960, 8960, 8960]);
});

worldTest('TCP-13 a number, both directions, only lowered', { yaml }, (w) => {
  w.snapshot.limits[Limit.Mss] = 1200;
  assert.deepEqual(exchange(w, 4000, 1460), [1200, 1200, 1200]);
  assert.deepEqual(exchange(w, 5000, 900), [900, 900, 900]);
});

for (const mtus of [
  { lan: 9000, wan: 1400 },
  { lan: 1400, wan: 9000 },
]) {
  worldTest(
    `TCP-13 pmtu: the smaller MTU of both interfaces less 40, lan ${mtus.lan} and wan ${mtus.wan}`,
    { yaml, mtus },
    (w) => {
      w.snapshot.limits[Limit.Mss] = -1;
      assert.deepEqual(exchange(w, 4000, 8960), [1360, 1360, 1360]);
      assert.deepEqual(exchange(w, 5000, 1360), [1360, 1360, 1360]);
    },
  );
}

worldTest('OFF-13 only SYNs: options of other segments that look like an MSS stay', { yaml }, (w) => {
  w.snapshot.limits[Limit.Mss] = 1000;
  w.send('lan', tcpOut(HOST, 4000, 'S'));
  const out = w.one('wan');
  for (const flags of ['A', 'FA', 'R']) {
    w.send('lan', tcpOut(HOST, 4000, flags, REMOTE, { options: mss(1460) }));
    assert.equal(announced(w.one('wan').octets), 1460, flags);
    w.send('wan', answerTo(out, { flags, options: mss(1460) }));
    assert.equal(announced(w.one('lan').octets), 1460, flags);
  }
});

worldTest(
  'TCP-13 a SYN with more data than the way out takes is clamped in its first fragment, too',
  { yaml, mtus: { wan: 600 } },
  (w) => {
    w.snapshot.limits[Limit.Mss] = -1;
    w.send('lan', tcpOut(HOST, 4000, 'S', REMOTE, { options: mss(1460) }, { df: false }));
    assert.equal(announced(w.one('wan').octets), 560);
  },
);
