import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { netnsSkipReason } from '../support/netns.js';
import { type Loop, TunnelBed } from './tunnelBed.js';

const VNI = 4242;
/** Between the packets of tcpdump's text. */
const PACKETS = /\n(?=\d\d:\d\d:\d\d\.)/;
const run = promisify(execFile);

function skipReason(): string | false {
  try {
    for (const tool of ['iperf3', 'tcpdump', 'ethtool']) execFileSync(tool, ['--version'], { stdio: 'ignore' });
  } catch {
    return 'needs iperf3, tcpdump and ethtool';
  }
  return netnsSkipReason();
}

/** Kernel counters of a protocol in a namespace: /proc/net/snmp. */
function counted(bed: TunnelBed, netns: string, protocol: string): Record<string, number> {
  const [names, values] = bed.net
    .run(netns, 'cat /proc/net/snmp')
    .split('\n')
    .filter((line) => line.startsWith(`${protocol}: `))
    .map((line) => line.split(' ').slice(1));
  return Object.fromEntries(names!.map((name, i) => [name, Number(values![i])]));
}

describe('VXLAN with the kernel at the other end', { skip: skipReason(), timeout: 60_000 }, () => {
  let bed: TunnelBed;
  let loop: Loop;
  const directory = mkdtempSync(join(tmpdir(), 'tunnel'));

  /** Captures while `during` runs, and returns what tcpdump makes of it. */
  async function captured(netns: string, device: string, during: () => Promise<unknown>): Promise<string> {
    const file = join(directory, `${device}.pcap`);
    const child = bed.net.start(netns, `tcpdump -U --immediate-mode -B 65536 -i ${device} -s 0 -w ${file}`);
    await once(child.stderr!, 'data');
    await during();
    await setTimeout(300);
    child.kill('SIGINT');
    await once(child, 'close');
    return execFileSync('tcpdump', ['-nn', '-vv', '-e', '-r', file], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  }

  /** One more try when its control connection comes to nothing, which says nothing about the tunnel's frames. */
  async function iperf(args: string, tries = 2): Promise<{ sum: number; text: string }> {
    const { stdout } = await run('ip', [
      'netns',
      'exec',
      bed.near,
      'iperf3',
      '-J',
      '--connect-timeout',
      '3000',
      '-c',
      '10.9.0.2',
      ...args.split(' '),
    ]);
    const { end, error } = JSON.parse(stdout);
    if ((end.sum_received ?? end.sum) === undefined && tries > 0) return iperf(args, tries - 1);
    assert.ok(end.sum_received ?? end.sum, String(error));
    return { sum: (end.sum_received ?? end.sum).bytes, text: JSON.stringify(end.sum_received ?? end.sum) };
  }

  before(async () => {
    bed = new TunnelBed();
    bed.kernelEnd(bed.far, VNI);
    loop = await bed.ourEnd(bed.near, 'vxlan', VNI);
    bed.net.start(bed.far, 'iperf3 -s').stdout!.resume();
    while (!bed.net.run(bed.far, 'ss -Hltn').includes(':5201 ')) await setTimeout(20);
  });
  after(() => {
    bed.close();
    rmSync(directory, { recursive: true });
  });

  test('the header on the wire is that of RFC 7348, with DF and a UDP checksum that is right', async () => {
    const text = await captured(bed.far, 'under', async () => {
      await run('ip', ['netns', 'exec', bed.near, 'ping', '-c', '3', '-i', '0.2', '-W', '2', '10.9.0.2']);
    });
    const ours = text.split(PACKETS).filter((packet) => /192\.0\.2\.1\.\d+ > 192\.0\.2\.2\.4789/.test(packet));
    assert.ok(ours.length >= 4, text);
    for (const packet of ours) {
      assert.match(packet, /flags \[DF\], proto UDP/);
      assert.match(packet, /VXLAN, flags \[I\] \(0x08\), vni 4242/);
      // The kernel leaves it to the card.
      assert.match(packet, /192\.0\.2\.1\.\d+ > 192\.0\.2\.2\.4789: \[(udp sum ok|bad udp cksum .*)\]/);
    }
    assert.equal(ours.filter((packet) => packet.includes('ICMP echo request')).length, 3);
  });

  test('super-frames of TCP leave cut and come in joined, with checksums the kernel finds right', async () => {
    const text = await captured(bed.far, 'vx', async () => {
      const there = await iperf('-n 20M');
      const back = await iperf('-n 20M -R');
      assert.ok(there.sum > 10e6 && back.sum > 10e6, `${there.text} ${back.text}`);
    });
    const data = text.split(PACKETS).filter((packet) => /10\.9\.0\.1\.\d+ > 10\.9\.0\.2\.5201/.test(packet));
    assert.ok(data.length > 500, `${data.length} segments`);
    assert.equal(data.filter((packet) => !packet.includes('(correct)')).length, 0);
    assert.equal(counted(bed, bed.far, 'Tcp').InCsumErrors, 0);
    assert.equal(counted(bed, bed.near, 'Tcp').InCsumErrors, 0);
  });

  test('datagrams of all sizes go through, in order', async () => {
    for (const octets of [16, 1422]) {
      const there = await iperf(`-u -b ${octets * 8 * 400} -l ${octets} -t 1`);
      assert.match(there.text, /"lost_packets":0/, there.text);
    }
    assert.equal(counted(bed, bed.far, 'Udp').InCsumErrors, 0);
  });

  test('what was refused or foreign is counted, and nothing was', async () => {
    const { txFrames, refused, foreign } = await loop.stop();
    assert.ok(txFrames > 10_000);
    assert.deepEqual({ refused, foreign }, { refused: 0, foreign: 0 });
  });
});
