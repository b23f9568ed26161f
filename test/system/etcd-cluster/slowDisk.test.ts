import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { etcdSkipReason } from '../../store/etcdProcess.js';
import { netnsSkipReason } from '../../support/netns.js';
import { pause } from '../support/scenario.js';
import { ClusterCloud } from './clusterCloud.js';

/** Makes each flush of a process take so much longer, as long as `body` runs. */
async function withSlowFlushes(pid: number, ms: number, body: () => Promise<void>): Promise<void> {
  const inject = `inject=fdatasync,fsync:delay_enter=${ms * 1000}`;
  const strace = spawn('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync,fsync', '-e', inject, '-p', `${pid}`], {
    stdio: 'ignore',
  });
  try {
    await pause(500);
    assert.equal(strace.exitCode, null, 'strace runs');
    await body();
  } finally {
    const ended = once(strace, 'exit');
    strace.kill('SIGTERM');
    await ended;
  }
}

test('hosts with an etcd whose disk is slow: changes take longer and are done once, frames go on', {
  skip: netnsSkipReason() || etcdSkipReason(),
  timeout: 120_000,
}, async (t) => {
  const at = new ClusterCloud(1);
  try {
    await at.start();
    for (const ms of [300, 2000])
      await t.test(`${ms} ms a flush`, async () => {
        await at.undisturbed(() =>
          withSlowFlushes(at.etcd.pid(0), ms, async () => {
            for (const host of ['h1', 'h2']) {
              const { tries, committed, seen } = await at.change(host);
              t.diagnostic(
                `${ms} ms a flush, at ${host}: acknowledged after ${committed} ms (${tries} tries), in the tables after ${JSON.stringify(seen)} ms`,
              );
            }
          }),
        );
        await at.equal();
        assert.deepEqual(
          [at.written(), at.losses],
          [at.applied, 0],
          'each change was done once, and no host says that the store is lost',
        );
      });
    await at.stop();
  } finally {
    at.close();
  }
});
