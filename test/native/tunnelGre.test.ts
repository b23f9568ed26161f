import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { netnsSkipReason } from '../support/netns.js';
import { TunnelBed } from './tunnelBed.js';

const KEY = 0xfedc_ba98 | 0;
const run = promisify(execFile);

function skipReason(): string | false {
  try {
    execFileSync('tcpdump', ['--version'], { stdio: 'ignore' });
  } catch {
    return 'needs tcpdump';
  }
  return netnsSkipReason();
}

describe('GRE between two of our ends', { skip: skipReason(), timeout: 60_000 }, () => {
  test('frames of all sizes cross, and tcpdump reads key and Ethernet behind an IPv4 header with DF', async (t) => {
    const bed = new TunnelBed();
    const directory = mkdtempSync(join(tmpdir(), 'gre'));
    t.after(() => {
      bed.close();
      rmSync(directory, { recursive: true });
    });
    const near = await bed.ourEnd(bed.near, 'gre', KEY);
    const far = await bed.ourEnd(bed.far, 'gre', KEY);
    const file = join(directory, 'under.pcap');
    const capture = bed.net.start(bed.far, `tcpdump -U --immediate-mode -i under -s 0 -w ${file} proto 47`);
    await once(capture.stderr!, 'data');
    for (const octets of ['0', '56', '1422']) {
      const { stdout } = await run('ip', [
        'netns',
        'exec',
        bed.near,
        'ping',
        '-c',
        '2',
        '-i',
        '0.1',
        '-W',
        '2',
        '-s',
        octets,
        '10.9.0.2',
      ]);
      assert.match(stdout, / 0% packet loss/);
    }
    await setTimeout(300);
    capture.kill('SIGINT');
    await once(capture, 'close');
    const text = execFileSync('tcpdump', ['-nn', '-vv', '-e', '-r', file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const requests = text.split(/\n(?=\d\d:\d\d:\d\d\.)/).filter((packet) => packet.includes('ICMP echo request'));
    assert.equal(requests.length, 6, text);
    for (const packet of requests) {
      assert.match(packet, /flags \[DF\], proto GRE \(47\)/);
      assert.match(packet, /192\.0\.2\.1 > 192\.0\.2\.2: GREv0, Flags \[key present\], key=0xfedcba98, proto TEB \(0x6558\)/);
    }
    const [there, back] = [await near.stop(), await far.stop()];
    assert.deepEqual([there.refused, there.foreign, back.refused, back.foreign], [0, 0, 0, 0]);
    assert.ok(there.txFrames >= 7);
  });
});
