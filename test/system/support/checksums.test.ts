import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { verifyChecksums } from './checksums.js';
import { EtherType, ethernet, icmp, ipv4, Protocol, TcpFlag, tcp, udp } from './packets.js';

const ends = { source: '1.1.1.1', destination: '1.2.1.4' };
const ports = { source: 1000, destination: 2000 };
const payload = Buffer.from('payload');
const skip = spawnSync('tcpdump', ['--version']).status === 0 ? false : 'needs tcpdump(8)';

const packets: readonly (readonly [string, number, Buffer])[] = [
  ['TCP', Protocol.Tcp, tcp(ends, ports, TcpFlag.Ack, payload)],
  ['UDP', Protocol.Udp, udp(ends, ports, payload)],
  ['ICMP', Protocol.Icmp, icmp(8, 0, 1, 1)],
];

for (const [name, protocol, l4] of packets) {
  test(`the judge of checksums accepts right ones of ${name} and finds wrong ones`, { skip }, () => {
    const frame = ethernet('02:00:00:00:00:01', '02:00:00:00:00:02', EtherType.Ipv4, ipv4({ ...ends, protocol }, l4));
    assert.deepEqual(verifyChecksums([frame]).wrong, []);
    for (const at of [14 + 8, frame.length - 1]) {
      const broken = Buffer.from(frame);
      broken[at]! ^= 0x10;
      assert.equal(verifyChecksums([frame, broken, frame]).wrong.length, 1, `octet ${at}`);
    }
  });
}
