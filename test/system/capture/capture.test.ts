import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { capSkipReason } from '../../support/cap.js';
import { netnsSkipReason } from '../../support/netns.js';
import { readPcap } from '../../support/pcap.js';
import { Bed, client, kinds, SERVER, scenarioFile, server } from '../support/bed.js';
import { drawn } from '../support/draw.js';
import { program } from '../support/gatewayProcess.js';
import { iperf, iperfServer } from '../support/iperf.js';
import { eventually } from '../support/scenario.js';

const skip = netnsSkipReason() || capSkipReason();

interface Done {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** `windrose capture` under way. */
class Capture {
  readonly child: ChildProcess;
  readonly done: Promise<Done>;
  #stderr = '';

  /** `through` is a command that runs it. */
  constructor(bed: Bed, through: readonly string[], ...args: string[]) {
    const [file, ...rest] = [...through, process.execPath, program, 'capture', '--socket', bed.socket, ...args];
    this.child = spawn(file!, rest, {
      cwd: bed.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000,
    });
    const parts: Buffer[] = [];
    this.child.stdout!.on('data', (part: Buffer) => parts.push(part));
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.done = new Promise((resolve) => {
      this.child.on('close', (code) => resolve({ code, stdout: Buffer.concat(parts), stderr: this.#stderr }));
    });
  }

  async listening(): Promise<this> {
    await eventually(
      () => this.#stderr,
      (text) => text.includes('listening on'),
      10_000,
    );
    return this;
  }

  async end(signal: NodeJS.Signals): Promise<Done> {
    this.child.kill(signal);
    return this.done;
  }
}

for (const kind of drawn('capture', kinds)) {
  test(`captures write files that tcpdump reads, with checksums completed (${kind})`, { skip, timeout: 90_000 }, async () => {
    const bed = new Bed(kind, [client, server]);
    try {
      await bed.start(scenarioFile('capture', 'config.yaml'));
      await iperfServer(bed, 'server');
      const capture = await new Capture(bed, [], 'inside', '-w', 'inside.pcap', 'tcp', 'or', 'icmp').listening();
      bed.on('client', `ping -c 3 -i 0.05 -W 2 ${SERVER}`);
      await iperf(bed, 'client', `-c ${SERVER} -n 2M`);
      const { code, stderr } = await capture.end('SIGINT');
      assert.equal(code, 0, stderr);
      assert.match(
        stderr,
        /^windrose: listening on inside \(device lan, namespace \S+\), tcp or icmp\nwindrose: \d+ frames captured/,
      );
      const file = join(bed.folder, 'inside.pcap');
      const frames = readPcap(readFileSync(file));
      assert.ok(frames.length > 20, `${frames.length} frames`);
      assert.match(stderr, new RegExp(`: ${frames.length} frames captured`), 'every frame is in the file');
      const said = execFileSync('tcpdump', ['-nn', '-vv', '-r', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
      assert.equal(said.match(/ICMP echo (request|reply)/g)?.length, 6);
      assert.doesNotMatch(said, /incorrect|bad cksum/);
      assert.match(said, /\(correct\)/);
      assert.doesNotMatch(said, /ARP/);
      await bed.stop();
    } finally {
      bed.close();
    }
  });
}

test('count, time, standard output, lines, VLANs and refusals', { skip, timeout: 90_000 }, async () => {
  const bed = new Bed('tap', [client, server]);
  try {
    await bed.start(scenarioFile('capture', 'config.yaml'));
    const ping = (count: number) => bed.on('client', `ping -c ${count} -i 0.05 -W 2 ${SERVER}`);

    const counted = await new Capture(bed, [], 'outside', '-w', '-', '--count', '4', 'icmp').listening();
    const lines = await new Capture(bed, [], 'lan', '--text', '-w', 'lan.pcap', '--seconds', '2', 'icmp').listening();
    ping(3);
    const { code, stdout } = await counted.done;
    assert.equal(code, 0);
    assert.equal(readPcap(stdout).length, 4);
    const told = await lines.done;
    assert.equal(told.code, 0);
    const text = told.stdout.toString();
    assert.equal(text.trimEnd().split('\n').length, 6);
    assert.match(text, /^\d\d:\d\d:\d\d\.\d{6} \S+ > \S+ IP 1\.1\.1\.1 > 1\.2\.1\.4: ICMP echo request/);
    assert.equal(readPcap(readFileSync(join(bed.folder, 'lan.pcap'))).length, 6);

    const guests = await new Capture(bed, [], 'guests', '--seconds', '1').listening();
    ping(3);
    const none = await guests.done;
    assert.match(none.stderr, /, vlan 10\nwindrose: 0 frames captured/, 'untagged frames are not of that VLAN');

    for (const [args, reason] of [
      [['nowhere'], /^windrose: the gateway has no interface "nowhere"; it has inside, guests, outside\./],
      [['inside', 'bogus', 'words'], /libpcap refuses the filter "bogus words" \(.*\)\. Its words/],
      [['inside', '-w', '/nowhere/a.pcap'], /cannot write the capture to \/nowhere\/a\.pcap \(ENOENT\)/],
    ] as const) {
      const refused = await new Capture(bed, [], ...args).done;
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, reason);
      assert.equal(refused.stderr.trimEnd().split('\n').length, 1, refused.stderr);
    }
    assert.ok(!existsSync(join(bed.folder, 'nowhere.pcap')));

    const weak = new Capture(bed, ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-all'], 'inside');
    const denied = await weak.done;
    assert.equal(denied.code, 1);
    assert.match(denied.stderr, /^windrose: cannot open a packet socket on "lan" .*no CAP_NET_RAW\./);

    for (const signal of ['SIGTERM', 'SIGHUP'] as const) {
      const capture = await new Capture(bed, [], 'inside', '-w', 'ended.pcap').listening();
      assert.equal((await capture.end(signal)).code, 0);
      readPcap(readFileSync(join(bed.folder, 'ended.pcap')));
    }

    const left = await new Capture(bed, [], 'inside', '-w', 'left.pcap', '--seconds', '20').listening();
    await bed.stop();
    const gone = await left.done;
    assert.equal(gone.code, 1);
    assert.match(
      gone.stderr,
      /\nwindrose: cannot capture on inside .*: the device went down or away; what was captured[^\n]*\n$/,
    );
    readPcap(readFileSync(join(bed.folder, 'left.pcap')));
  } finally {
    bed.close();
  }
});
