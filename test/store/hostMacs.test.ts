import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { EtcdCluster } from './etcdCluster.js';
import { etcdSkipReason } from './etcdProcess.js';

const program = fileURLToPath(new URL('drawHostMacs.js', import.meta.url));
const PROCESSES = 5;
const HOSTS_EACH = 10;
const skip = netnsSkipReason() || etcdSkipReason();

/** Hosts of one process. */
class Drawing {
  readonly begun: Promise<unknown>;
  readonly #child: ChildProcess;
  #said = '';

  constructor(etcd: EtcdCluster, first: number, count: number, space: number) {
    const args = [
      `--net=/run/netns/${etcd.netns}`,
      process.execPath,
      program,
      etcd.endpoints().join(','),
      `${first}`,
      `${count}`,
      `${space}`,
    ];
    this.#child = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.begun = once(this.#child.stdout!, 'data');
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  async result(): Promise<Record<string, string>> {
    const [code] = (await once(this.#child, 'close')) as [number];
    assert.equal(code, 0, this.#said);
    return JSON.parse(this.#said.split('\n')[1]!) as Record<string, string>;
  }
}

/** 50 hosts in five processes draw out of 256 MACs. `meanwhile` runs when the last process has begun. */
async function draw(etcd: EtcdCluster, meanwhile = async (): Promise<void> => {}): Promise<Record<string, string>> {
  const all = Array.from({ length: PROCESSES }, (_, i) => new Drawing(etcd, i * HOSTS_EACH, HOSTS_EACH, 256));
  const results = Promise.all(all.map((one) => one.result()));
  await Promise.all(all.map(({ begun }) => begun));
  await meanwhile();
  return Object.assign({}, ...(await results)) as Record<string, string>;
}

function stored(etcd: EtcdCluster, prefix: string): string[] {
  return etcd.ctl(`get /windrose/hostmac/${prefix}/ --prefix --print-value-only`).trim().split('\n').sort();
}

for (const members of [1, 3])
  test(`F12 50 hosts start at the same time and draw MACs out of few: each has its own, and keeps it (${members === 1 ? 'one member' : 'three members, the leader is killed meanwhile'})`, {
    skip,
    timeout: 90_000,
  }, async () => {
    const sandbox = new NetSandbox('wrm');
    let etcd: EtcdCluster | undefined;
    try {
      etcd = await EtcdCluster.start(sandbox, members);
      const leader = etcd.leader();
      const macs = await draw(etcd, async () => {
        if (members > 1) await etcd!.kill(leader);
      });
      assert.equal(new Set(Object.values(macs)).size, PROCESSES * HOSTS_EACH);
      for (const mac of Object.values(macs)) assert.match(mac, /^fa:16:3f:00:00:/);
      assert.deepEqual(
        stored(etcd, 'h'),
        Object.values(macs)
          .map((mac) => JSON.stringify(mac))
          .sort(),
      );
      assert.deepEqual(
        stored(etcd, 'm'),
        Object.keys(macs)
          .map((host) => JSON.stringify(host))
          .sort(),
      );
      assert.deepEqual(await draw(etcd), macs, 'after a restart');
    } finally {
      sandbox.close();
      etcd?.close();
    }
  });

test('F12 of nine hosts that draw out of eight MACs one does not start', { skip, timeout: 60_000 }, async () => {
  const sandbox = new NetSandbox('wrm');
  let etcd: EtcdCluster | undefined;
  try {
    etcd = await EtcdCluster.start(sandbox, 1);
    // One after the other until all are taken, for 20 draws of a host need not hit the last one.
    for (let first = 0, taken = 0; taken < 8; first++) {
      const [got] = Object.values(await new Drawing(etcd, first, 1, 8).result());
      if (got !== 'HOST_MAC_EXHAUSTED') taken++;
    }
    assert.deepEqual(await new Drawing(etcd, 100, 1, 8).result(), { h100: 'HOST_MAC_EXHAUSTED' });
    assert.equal(stored(etcd, 'm').length, 8);
  } finally {
    sandbox.close();
    etcd?.close();
  }
});
