import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, client, type Kind, kinds, SERVER, scenarioFile, server } from '../support/bed.js';
import { drawn } from '../support/draw.js';
import { GatewayProcess } from '../support/gatewayProcess.js';
import { pings } from '../support/pings.js';
import { eventually } from '../support/scenario.js';

const template = () => scenarioFile('lifecycle', 'config.yaml');

/** One test on one kind of device with a bed of its own. */
function onBed(name: string, kind: Kind, body: (bed: Bed) => Promise<void>): void {
  test(`${name} (${kind})`, { skip: netnsSkipReason(), timeout: 60_000 }, async () => {
    const bed = new Bed(kind, [client, server]);
    try {
      await body(bed);
    } finally {
      bed.close();
    }
  });
}

async function translates(bed: Bed): Promise<void> {
  bed.addressHosts();
  pings(bed, 'client', 2, SERVER);
}

/** Kills it in the middle of its work, starts it again at once, and pings. */
async function restart(bed: Bed): Promise<void> {
  const file = bed.writeConfig(template());
  const first = await GatewayProcess.start(file);
  await translates(bed);
  assert.equal((await first.stop('SIGKILL')).signal, 'SIGKILL');
  const second = await GatewayProcess.start(file);
  try {
    await translates(bed);
    const ended = await second.stop();
    assert.deepEqual([ended.code, ended.signal], [0, null]);
  } finally {
    second.child.kill('SIGKILL');
  }
}

for (const kind of drawn('lifecycle', kinds)) {
  onBed('kill -9 leaves nothing broken: the next start works at once', kind, restart);

  onBed('SIGTERM ends it with code 0 and leaves nothing behind', kind, async (bed) => {
    const gateway = await GatewayProcess.start(bed.writeConfig(template()));
    try {
      await translates(bed);
      const asked = Date.now();
      const ended = await gateway.stop('SIGTERM');
      assert.deepEqual([ended.code, ended.signal, ended.stderr], [0, null, '']);
      assert.ok(Date.now() - asked < 3000);
    } finally {
      gateway.child.kill('SIGKILL');
    }
    const left = ['client', 'server'].map((host) => bed.on(host, 'ip -o link')).join('');
    assert.equal(/ (lan|wan)[@:]/.test(left), kind === 'packet', 'TAPs it made are gone, devices it found are there');
    assert.ok(!existsSync(bed.socket), 'the control socket is gone');
    assert.deepEqual(readdirSync(bed.folder), ['gateway.yaml']);
  });
}

onBed('SIGTERM while its workers warm up ends it at once with code 0, and nothing stays', 'tap', async (bed) => {
  // More than it could forward before the test is over.
  const slow = ['env', 'WINDROSE_WARM_UP_FRAMES=100000000'];
  const gateway = GatewayProcess.launch(bed.writeConfig(template()), slow);
  try {
    await eventually(
      () => existsSync(bed.socket),
      (listens) => listens,
      20_000,
    );
    const asked = Date.now();
    const { code, signal, stdout, stderr } = await gateway.stop('SIGTERM');
    assert.deepEqual([code, signal, stderr], [0, null, '']);
    assert.ok(Date.now() - asked < 3000, `${Date.now() - asked} ms`);
    assert.match(stdout, /"signal":"SIGTERM","msg":"stopped before it was ready"/);
    assert.doesNotMatch(stdout, /"msg":"ready"/);
  } finally {
    gateway.child.kill('SIGKILL');
  }
  assert.doesNotMatch(bed.on('client', 'ip -o link'), / lan:/);
  assert.deepEqual(readdirSync(bed.folder), ['gateway.yaml']);
});

onBed('kill -9 with persistent TAPs: the next start takes them over', 'tap', async (bed) => {
  for (const [host, device] of [
    ['client', 'lan'],
    ['server', 'wan'],
  ] as const) {
    bed.on(host, `ip tuntap add dev ${device} mode tap multi_queue vnet_hdr`);
  }
  await restart(bed);
  assert.match(bed.on('client', 'ip -o link'), / lan:/, 'a persistent TAP stays');
});

/** Starts a second gateway beside a first one; it must be refused in one line, and the first goes on. */
async function refusedBeside(bed: Bed, change: (config: string) => string, reason: RegExp): Promise<void> {
  const file = bed.writeConfig(template());
  const first = await GatewayProcess.start(file);
  try {
    const other = join(bed.folder, 'other.yaml');
    writeFileSync(other, change(readFileSync(file, 'utf8')));
    const { code, stderr } = await GatewayProcess.launch(other).ended;
    assert.equal(code, 1);
    assert.match(stderr, reason);
    assert.equal(stderr.trimEnd().split('\n').length, 1);
    await translates(bed);
  } finally {
    first.child.kill('SIGKILL');
    await first.ended;
  }
}

onBed('a TAP that another gateway has open is refused', 'tap', (bed) =>
  refusedBeside(
    bed,
    (config) => config.replaceAll('control.sock', 'other.sock'),
    /^windrose: cannot open TAP "lan" .*has it open\. Stop that/,
  ),
);

onBed('a second gateway on the same control socket is refused', 'packet', (bed) =>
  refusedBeside(bed, (config) => config, /^windrose: gateway ".*" already runs \(pid \d+, control socket /),
);
