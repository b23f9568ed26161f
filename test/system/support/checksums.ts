import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What tcpdump(8) says about checksums: the lines that complain, and how many it found right. */
export interface ChecksumReport {
  readonly wrong: string[];
  readonly right: number;
}

/** Has tcpdump judge every IPv4, TCP, UDP and ICMP checksum of untagged Ethernet frames. */
export function verifyChecksums(frames: readonly Uint8Array[]): ChecksumReport {
  const folder = mkdtempSync(join(tmpdir(), 'windrose-pcap-'));
  try {
    const file = join(folder, 'capture.pcap');
    writeFileSync(file, pcap(frames));
    const text = execFileSync('tcpdump', ['-nn', '-vv', '-r', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 256 << 20,
    });
    const lines = text.split('\n');
    return {
      wrong: lines.filter((line) => /incorrect|(bad|wrong)[^,]* cksum/.test(line)),
      right: lines.filter((line) => /\(correct\)|sum ok/.test(line)).length,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A pcap file of LINKTYPE_ETHERNET, little-endian, all times 0. */
function pcap(frames: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262_144, 16);
  head.writeUInt32LE(1, 20);
  const records = frames.flatMap((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([head, ...records]);
}
