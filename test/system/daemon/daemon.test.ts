import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, client, type Kind, SERVER, scenarioFile, server } from '../support/bed.js';
import { GatewayProcess, program } from '../support/gatewayProcess.js';
import { pings } from '../support/pings.js';
import { eventually, pause } from '../support/scenario.js';

const skip = netnsSkipReason();
const template = () => scenarioFile('daemon', 'config.yaml');

function onBed(name: string, kind: Kind, body: (bed: Bed) => Promise<void>): void {
  test(`${name} (${kind})`, { skip, timeout: 60_000 }, async () => {
    const bed = new Bed(kind, [client, server]);
    try {
      await body(bed);
    } finally {
      bed.close();
    }
  });
}

/** Starts `windrose run` with more words than the configuration. */
function runWith(file: string, words: readonly string[], nodeOptions: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const args = ['--pdeathsig', 'TERM', process.execPath, ...nodeOptions, program, 'run', '--config', file, ...words];
  const child = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return {
    child,
    ended,
    said: () => stdout,
    until: (word: RegExp) =>
      eventually(
        () => stdout,
        (text) => word.test(text),
        30_000,
      ),
  };
}

/** Messages of the log, in their order. */
function messages(log: string): string[] {
  return log.split('\n').flatMap((line) => (line.endsWith('}') ? [(JSON.parse(line) as { msg: string }).msg] : []));
}

onBed('a drain forwards for its time, then stops with code 0', 'tap', async (bed) => {
  const gateway = runWith(bed.writeConfig(template()), ['--drain', '2']);
  try {
    await gateway.until(/"ready"/);
    bed.addressHosts();
    const asked = Date.now();
    gateway.child.kill('SIGTERM');
    await gateway.until(/"draining/);
    pings(bed, 'client', 3, SERVER);
    assert.equal(await gateway.ended, 0);
    assert.ok(Date.now() - asked >= 1900, 'not before its time');
    assert.deepEqual(messages(gateway.said()).slice(-2), ['stopping', 'stopped'], 'nothing of the log is lost');
  } finally {
    gateway.child.kill('SIGKILL');
  }
});

onBed('a second signal ends the drain at once', 'tap', async (bed) => {
  const gateway = runWith(bed.writeConfig(template()), ['--drain', '60']);
  try {
    await gateway.until(/"ready"/);
    gateway.child.kill('SIGTERM');
    await gateway.until(/"draining/);
    await pause(300);
    const asked = Date.now();
    gateway.child.kill('SIGINT');
    assert.equal(await gateway.ended, 0);
    assert.ok(Date.now() - asked < 5000);
  } finally {
    gateway.child.kill('SIGKILL');
  }
});

onBed('a rejection that nobody heard is logged and ends it with code 1', 'tap', async (bed) => {
  const fault = join(bed.folder, 'fault.mjs');
  writeFileSync(
    fault,
    `import { isMainThread } from 'node:worker_threads';
     if (isMainThread) process.once('SIGUSR2', () => { Promise.reject(new Error('on purpose')); });`,
  );
  const gateway = runWith(bed.writeConfig(template()), [], ['--import', pathToFileURL(fault).href]);
  try {
    await gateway.until(/"ready"/);
    gateway.child.kill('SIGUSR2');
    assert.equal(await gateway.ended, 1);
    const last = JSON.parse(gateway.said().trimEnd().split('\n').at(-1)!) as Record<string, unknown>;
    assert.deepEqual([last.level, last.failure, last.origin], [60, 'on purpose', 'unhandledRejection']);
  } finally {
    gateway.child.kill('SIGKILL');
  }
});

onBed('systemd is told when it is ready and when it stops', 'tap', async (bed) => {
  const socket = join(bed.folder, 'notify');
  const script = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)`;
  const listener = bed.sandbox.start(undefined, ['python3', '-c', script, socket]);
  let heard = '';
  listener.stdout!.on('data', (part) => {
    heard += part;
  });
  await eventually(
    () => heard,
    (text) => text.includes('bound'),
    10_000,
  );
  const gateway = runWith(bed.writeConfig(template()), [], [], { NOTIFY_SOCKET: socket });
  try {
    await gateway.until(/"ready"/);
    await eventually(
      () => heard,
      (text) => /READY=1.*STATUS=forwarding|STATUS=forwarding.*READY=1/.test(text),
    );
    assert.doesNotMatch(heard, /STOPPING/);
    gateway.child.kill('SIGTERM');
    assert.equal(await gateway.ended, 0);
    assert.match(heard, /STOPPING=1/);
    assert.doesNotMatch(gateway.said(), /systemd was not told/);
  } finally {
    gateway.child.kill('SIGKILL');
  }
});

/** An ordinary user with two capabilities. */
const ORDINARY = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--no-new-privs',
  '--bounding-set=-all,+net_admin,+net_raw',
  '--inh-caps=-all,+net_admin,+net_raw',
  '--ambient-caps=-all,+net_admin,+net_raw',
];

onBed('an ordinary user with CAP_NET_ADMIN and CAP_NET_RAW runs it', 'packet', async (bed) => {
  const file = bed.writeConfig(template());
  const text = readFileSync(file, 'utf8');
  const netns = /netns: ([^,]+),/.exec(text)![1]!;
  const run = join(bed.folder, 'run');
  mkdirSync(run);
  chmodSync(bed.folder, 0o755);
  chmodSync(run, 0o777);
  writeFileSync(file, text.replaceAll(/ netns: [^,]+,/g, '').replace('control.sock', 'run/control.sock'));
  const gateway = GatewayProcess.launch(file, ['ip', 'netns', 'exec', netns, ...ORDINARY]);
  try {
    await gateway.ready();
    const status = readFileSync(`/proc/${gateway.child.pid}/status`, 'utf8');
    assert.match(status, /^Uid:\s65534\s/m);
    assert.match(status, /^CapEff:\s0*3000$/m, 'NET_ADMIN (12) and NET_RAW (13), nothing else');
    bed.addressHosts();
    pings(bed, 'client', 3, SERVER);
    const { code, stderr } = await gateway.stop();
    assert.deepEqual([code, stderr], [0, '']);
  } finally {
    gateway.child.kill('SIGKILL');
  }
});

onBed('LOG-6 the log has one JSON line for each change of state', 'packet', async (bed) => {
  const gateway = await GatewayProcess.start(bed.writeConfig(template()));
  const lines = (word: RegExp) =>
    gateway.stdout
      .split('\n')
      .filter((line) => word.test(line))
      .map((line) => JSON.parse(line));
  const logged = (word: RegExp) =>
    eventually(
      () => lines(word),
      (found) => found.length > 0,
      15_000,
    );
  try {
    bed.addressHosts();
    bed.on('client', `ping -c 2 -i 0.05 -w 5 ${SERVER}`);
    assert.deepEqual(lines(/"level":[45]0/), [], 'nothing to warn of yet');

    // 64 ports on each of two addresses: 128 UDP sessions, then refusals.
    const flood = `import socket
for port in range(20000, 20200):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("1.1.1.1", port)); s.sendto(b"x", ("${SERVER}", 9)); s.close()`;
    bed.on('client', ['python3', '-c', flood]);
    const [ninety] = await logged(/"90 % reached"/);
    assert.deepEqual([ninety.zone, ninety.protocol, ninety.used, ninety.capacity], ['all', 'udp', 128, 128]);
    const [refused] = await logged(/zone refuses sessions/);
    assert.deepEqual([refused.zone, refused.natEvent], ['all', 12]);
    bed.on('client', ['python3', '-c', flood]);
    bed.on('client', ['python3', '-c', flood]);
    await pause(1200);
    assert.equal(lines(/zone refuses sessions/).length, 1, 'one line per 10 s');

    bed.on('server', 'ip link set wan down');
    const [down] = await logged(/"device is down"/);
    assert.deepEqual([down.iface, down.device], ['wan', 'wan']);
    bed.on('server', 'ip link set wan up');
    await logged(/"device is up"/);
    assert.equal(lines(/"device is down"/).length, 1);
    assert.equal((await gateway.stop()).code, 0);
  } finally {
    gateway.child.kill('SIGKILL');
  }
});
