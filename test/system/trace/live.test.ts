import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { TraceAnswer } from '../../../src/types/trace.js';
import { type Bed, client, SERVER, server } from '../support/bed.js';
import { program } from '../support/gatewayProcess.js';
import { eventually, scenario } from '../support/scenario.js';

const links = [{ ...client, addresses: ['1.1.1.1/16', '172.31.0.5/24'] }, server];
const folder = 'trace';

/** `windrose trace --iface` under way. */
class Live {
  readonly child: ChildProcess;
  readonly done: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(bed: Bed, ...args: string[]) {
    const words = [program, 'trace', '--socket', bed.socket, '--iface', ...args];
    this.child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.done = new Promise((resolve) => void this.child.on('close', resolve));
  }

  async listening(): Promise<this> {
    await eventually(
      () => this.stderr,
      (text) => text.includes('tracing what comes in'),
      10_000,
    );
    return this;
  }

  get answers(): (TraceAnswer & { number: number; time: string; captured: string })[] {
    return this.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }
}

function hasCap(): boolean {
  try {
    createRequire(import.meta.url)('cap');
    return true;
  } catch {
    return false;
  }
}

scenario('MET-4 frames are traced as they come in', { folder, links }, async (bed) => {
  if (!hasCap()) {
    const without = new Live(bed, 'lan');
    assert.equal(await without.done, 1);
    assert.match(without.stderr, /npm run build:capture/);
    return;
  }
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveUdp', { port: 7001 });
  const ask = () => inside.ask('askUdp', { to: SERVER, port: 7001, from: '1.1.1.1', octets: 5 });

  // Requests come in by lan, answers by wan: the other direction of each is what the gateway sends.
  const both = await Promise.all([
    new Live(bed, 'lan', '--count', '2', '--filter', 'udp and port 7001', '-o', 'json').listening(),
    new Live(bed, 'wan', '--count', '2', '--filter', 'udp and port 7001 or tcp', '-o', 'json').listening(),
  ]);
  assert.ok((await ask()).ok);
  assert.ok((await ask()).ok);
  for (const live of both) assert.equal(await live.done, 0, live.stderr);
  const sessions = await bed.operator.show('sessions');
  const [there, back] = both.map(({ answers }) => answers);
  assert.equal(sessions.length, 2);
  const ends = (address: string, port: number | null): string => `${address}:${port}`;
  assert.deepEqual(
    there!.map(({ verdict, leaves }) => [verdict, ends(leaves!.source, leaves!.sourcePort)]).sort(),
    sessions.map(({ external }) => ['translated', external]).sort(),
  );
  assert.deepEqual(
    back!.map(({ verdict, leaves }) => [verdict, ends(leaves!.destination, leaves!.destinationPort)]).sort(),
    sessions.map(({ inside: end }) => ['translated', end]).sort(),
  );
  const [first] = there!;
  assert.match(first!.captured, /IP 1\.1\.1\.1 > 1\.2\.1\.4: UDP/);
  assert.match(first!.steps.find(({ step }) => step === 'session')!.found, /; perhaps made by this very frame$/);
  assert.ok(first!.frame!.before.sourceMac !== null && first!.frame!.after.destinationMac !== null);
  assert.equal(first!.frame!.before.ttl - 1, first!.frame!.after.ttl);
  assert.match(both[0].stderr, /\nwindrose: 2 frames traced on lan .*\(2 translated\)\.\n$/);

  // What is dropped says why, what is not IPv4 has one line, and Ctrl-C ends it.
  const text = await new Live(bed, 'lan', '--filter', 'arp or src host 172.31.0.5').listening();
  bed.on('client', 'ip neigh flush dev lan');
  await inside.ask('connect', { to: SERVER, port: 7000, from: '172.31.0.5' });
  await eventually(
    () => text.stdout,
    (said) => /no_zone\. /.test(said) && /arp_/.test(said),
    10_000,
  );
  text.child.kill('SIGINT');
  assert.equal(await text.done, 0);
  assert.match(text.stdout, /ARP, [^\n]*\nverdict {2}arp_\w+\. [^\n]*\n/);
  assert.match(text.stdout, /IP 172\.31\.0\.5 > 1\.2\.1\.4: TCP[^\n]*\niface .*\npacket .*\nsession +none/);
  assert.match(text.stderr, /windrose: \d+ frames traced on lan .*no_zone/);

  const idle = await new Live(bed, 'lan', '--timeout', '0.5', '--filter', 'udp port 9').listening();
  assert.equal(await idle.done, 0);
  assert.match(idle.stderr, /windrose: 0 frames traced on lan/);
  const refused = new Live(bed, 'nowhere');
  assert.equal(await refused.done, 1);
  assert.match(refused.stderr, /no interface "nowhere"; it has lan, wan/);
  const unfiltered = new Live(bed, 'lan', '--filter', 'bogus words');
  assert.equal(await unfiltered.done, 1);
  assert.match(unfiltered.stderr, /libpcap refuses the filter/);
});
