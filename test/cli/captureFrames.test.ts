import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { superFrameText } from '../../src/cli/superFrame.js';
import { finishFrame, frameRoom, wireOctets } from '../../src/control/capture/finishFrame.js';
import { pcapHeader, pcapRecord } from '../../src/control/capture/pcapFile.js';
import { eth, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import { readPcap } from '../support/pcap.js';

const room = frameRoom();
const ends = { src: '10.0.0.1', dst: '10.0.0.2' };
const payload = Uint8Array.from({ length: 33 }, (_, i) => i * 7);
const finish = (frame: Uint8Array) => Buffer.from(finishFrame(room, frame));

describe('captured frames', () => {
  for (const [name, header] of [
    ['TCP', tcp],
    ['UDP', udp],
  ] as const) {
    test(`a partial ${name} checksum is completed, tagged or not`, () => {
      for (const tag of [[], [vlan({ id: 7 })]]) {
        const made = (fields: object) =>
          packet(eth({}), ...tag, ipv4(ends), header({ sport: 1234, dport: 80, ...fields }), payload);
        const partial = made({ checksum: 'partial' });
        assert.notDeepEqual(Buffer.from(partial), Buffer.from(made({})));
        assert.deepEqual(finish(partial), Buffer.from(made({})));
        assert.deepEqual(finish(made({})), Buffer.from(made({})), 'a finished one stays');
        const wrong = made({ checksum: 0x1234 });
        assert.deepEqual(finish(wrong), Buffer.from(wrong), 'a wrong one stays wrong');
      }
    });
  }

  test('no checksum, fragments, cut and foreign frames stay as they are', () => {
    const whole = packet(eth({}), ipv4(ends), udp({ sport: 1, dport: 2, checksum: 'partial' }), payload);
    for (const frame of [
      packet(eth({}), ipv4(ends), udp({ sport: 1, dport: 2, checksum: 'none' }), payload),
      packet(eth({}), ipv4({ ...ends, mf: true }), udp({ sport: 1, dport: 2, checksum: 'partial' }), payload),
      whole.slice(0, whole.length - 1),
      whole.slice(0, 13),
      new Uint8Array(0),
      new Uint8Array(65_535).fill(0x45),
    ])
      assert.deepEqual(finish(frame), Buffer.from(frame));
  });

  test('the length on the wire is known of a frame that was cut short', () => {
    const whole = packet(eth({}), ipv4(ends), udp({ sport: 1, dport: 2 }), payload);
    assert.equal(wireOctets(whole.slice(0, 40)), whole.length);
    assert.equal(wireOctets(packet(eth({}), vlan({ id: 7 }), ipv4(ends), udp({}), payload).slice(0, 60)), whole.length + 4);
    assert.equal(wireOctets(new Uint8Array(60)), 60);
  });

  test('a super-frame is marked as one, with and without a tag', () => {
    const data = new Uint8Array(3000);
    for (const tag of [[], [vlan({ id: 7 })]]) {
      const said = superFrameText(packet(eth({}), ...tag, ipv4(ends), tcp({}), data), 1500);
      assert.equal(said, ' {super-frame: 3 or more segments with at most 1460 octets of data}');
      assert.match(superFrameText(packet(eth({}), ...tag, ipv4(ends), udp({}), data), 1500), /3 or more .* 1472 octets/);
      assert.equal(superFrameText(packet(eth({}), ...tag, ipv4(ends), tcp({}), data), 9000), '');
    }
    assert.equal(superFrameText(new Uint8Array(20), 1500), '');
  });

  test('the file is read back, with times in microseconds', () => {
    const file = Buffer.concat([pcapHeader(65_535), pcapRecord(payload, 40, 1_700_000_000_123_456), pcapRecord(payload, 33, 0)]);
    assert.deepEqual(readPcap(file).map(Buffer.from), [Buffer.from(payload), Buffer.from(payload)]);
    assert.deepEqual(
      [24, 28, 32, 36].map((at) => file.readUInt32LE(at)),
      [1_700_000_000, 123_456, 33, 40],
    );
  });
});
