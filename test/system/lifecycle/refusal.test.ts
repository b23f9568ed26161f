import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, client, type Kind, kinds, scenarioFile, server } from '../support/bed.js';
import { drawn } from '../support/draw.js';
import { type Ended, GatewayProcess } from '../support/gatewayProcess.js';

/** One line on stderr with reason and remedy, exit code 1, and nothing left open. */
function refuses(ended: Ended, reason: RegExp, remedy: RegExp): void {
  assert.deepEqual([ended.code, ended.signal], [1, null], ended.stderr);
  const lines = ended.stderr.trimEnd().split('\n');
  assert.equal(lines.length, 1, ended.stderr);
  assert.match(lines[0]!, reason);
  assert.match(lines[0]!, remedy);
}

function refusal(name: string, kind: Kind, body: (bed: Bed, file: string) => Promise<void>): void {
  test(`${name} (${kind})`, { skip: netnsSkipReason(), timeout: 30_000 }, async () => {
    const bed = new Bed(kind, [client, server]);
    try {
      await body(bed, bed.writeConfig(scenarioFile('lifecycle', 'config.yaml')));
    } finally {
      bed.close();
    }
  });
}

function edit(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  const changed = text.replace(from, to);
  assert.notEqual(changed, text);
  writeFileSync(file, changed);
}

function without(capabilities: string): string[] {
  return ['setpriv', `--bounding-set=${capabilities}`, '--inh-caps=-all', '--ambient-caps=-all'];
}

refusal('a missing device is named', 'packet', async (_, file) => {
  edit(file, 'packet: wan', 'packet: nowhere0');
  refuses(await GatewayProcess.launch(file).ended, /there is no device "nowhere0" .*ifaces\[1\]/, /ip link/);
});

for (const kind of drawn('refusal', kinds)) {
  refusal('a missing namespace is named', kind, async (_, file) => {
    edit(file, /netns: \S+client|netns: \S+gw/, 'netns: wrs-nowhere');
    refuses(await GatewayProcess.launch(file).ended, /network namespace "wrs-nowhere"/, /ip netns add/);
  });

  refusal('without CAP_SYS_ADMIN a namespace is refused', kind, async (_, file) => {
    refuses(await GatewayProcess.launch(file, without('-sys_admin')).ended, /CAP_SYS_ADMIN/, /docker.*systemd/);
  });
}

refusal('without CAP_NET_ADMIN a TAP is refused', 'tap', async (bed, file) => {
  edit(file, /, netns: [^,]+, role: inside/, ', role: inside');
  edit(file, 'tap: lan', `tap: ${bed.sandbox.rootDevice('lan')}`);
  refuses(await GatewayProcess.launch(file, without('-net_admin')).ended, /CAP_NET_ADMIN/, /docker.*systemd/);
});

refusal('without CAP_NET_RAW a packet socket is refused', 'packet', async (_, file) => {
  edit(file, /packet: lan, netns: [^,]+,/, 'packet: lo,');
  refuses(await GatewayProcess.launch(file, without('-net_raw')).ended, /CAP_NET_RAW/, /docker.*systemd/);
});

refusal('a broken configuration is listed with places, then refused in one line', 'tap', async (_, file) => {
  edit(file, '1.2.100.2]', '1.2.300.2]');
  const { code, stderr } = await GatewayProcess.launch(file).ended;
  assert.equal(code, 1);
  assert.match(stderr, /gateway\.yaml:\d+:\d+.*zones\[0\]\.localAddresses\[1\]/);
  assert.match(stderr.trimEnd().split('\n').at(-1)!, /^windrose: .*gateway\.yaml has 1 error.*windrose check/);
});

refusal('a configuration file that is not there is refused', 'tap', async (_, file) => {
  const { code, stderr } = await GatewayProcess.launch(`${file}.nowhere`).ended;
  assert.equal(code, 1);
  assert.match(stderr, /nowhere/);
});

refusal('a metrics port in use is refused, and the TAPs go again', 'tap', async (bed, file) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = other.address() as { port: number };
    edit(file, 'listen: 127.0.0.1:0', `listen: 127.0.0.1:${port}`);
    refuses(await GatewayProcess.launch(file).ended, /cannot serve metrics on 127\.0\.0\.1:\d+/, /metrics\.listen/);
    assert.doesNotMatch(bed.on('client', 'ip -o link'), / lan:/);
  } finally {
    other.close();
  }
});
