import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { mainFile } from '../../cli/program.js';
import { netnsSkipReason } from '../../support/netns.js';

const skip = netnsSkipReason();

interface Demo {
  readonly child: ChildProcess;
  readonly pid: number;
  output(): string;
}

function startDemo(env: NodeJS.ProcessEnv = process.env): Demo {
  const child = spawn(process.execPath, [mainFile, 'demo', 'dsnat'], { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
  }
  return { child, pid: child.pid!, output: () => text };
}

async function ended(demo: Demo): Promise<number | string> {
  const [code, signal] = demo.child.exitCode === null ? await once(demo.child, 'close') : [demo.child.exitCode, null];
  return (code ?? signal) as number | string;
}

/** Waits until the demo has printed `sign`, for 20 s at most. */
async function until(demo: Demo, sign: string): Promise<void> {
  for (const end = Date.now() + 20_000; !demo.output().includes(sign); ) {
    assert.ok(Date.now() < end && demo.child.exitCode === null, `no "${sign}" in:\n${demo.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What a demo with this process id made and is still there. */
function remains(pid: number): string[] {
  const namespaces = existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.startsWith(`wrd${pid}-`)) : [];
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(`windrose-demo-${pid}-`));
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
  const gateways = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(`windrose-demo-${pid}-`));
  return [...namespaces, ...folders, ...children, ...gateways];
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return -1;
  }
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

describe('demo dsnat', { skip }, () => {
  it('shows the rotation, real throughput and the zones, and leaves nothing behind', async () => {
    const demo = startDemo();
    assert.equal(await ended(demo), 0, demo.output());
    assert.match(demo.output(), /1\.2\.100\.1 x 3, 1\.2\.100\.2 x 3/);
    assert.match(demo.output(), /1\.2\.100\.3 x 6/);
    assert.match(demo.output(), /TCP to the client, 1 flow \/ 4 flows +\d+\.\d\d Gbit\/s \/ \d+\.\d\d Gbit\/s/);
    assert.match(demo.output(), /1 +tenants +1\.1\.0\.0\/16/);
    assert.deepEqual(remains(demo.pid), []);
  });

  for (const [signal, at, code] of [
    ['SIGTERM', 'namespaces', 143],
    ['SIGINT', 'gateway, links and addresses', 130],
    ['SIGINT', 'connections from 1.1.1.1', 130],
    ['SIGHUP', 'iperf3 TCP, 1 flow to the server', 129],
  ] as const) {
    it(`leaves nothing behind after ${signal} during "${at}"`, async () => {
      const demo = startDemo();
      await until(demo, at);
      demo.child.kill(signal);
      assert.equal(await ended(demo), code, demo.output());
      assert.deepEqual(remains(demo.pid), []);
    });
  }

  it('removes what a killed demo left, and leaves a running one alone', async () => {
    const killed = startDemo();
    await until(killed, 'iperf3 TCP, 1 flow to the server');
    killed.child.kill('SIGKILL');
    await ended(killed);
    assert.ok(remains(killed.pid).length > 4, 'a killed demo cannot clean up');
    const running = startDemo();
    await until(running, 'ping');
    const next = startDemo();
    await until(next, 'ping');
    assert.deepEqual(remains(killed.pid), []);
    next.child.kill('SIGTERM');
    await ended(next);
    await until(running, '6 connections from 1.3.1.1');
    running.child.kill('SIGTERM');
    assert.equal(await ended(running), 143);
    assert.deepEqual([...remains(running.pid), ...remains(next.pid)], []);
  });

  it('says in one line which step failed and why', async () => {
    const demo = startDemo({ ...process.env, PATH: '/nowhere' });
    assert.equal(await ended(demo), 1);
    assert.match(demo.output(), /^windrose: demo: namespaces: .+ is not installed.*$/m);
    assert.deepEqual(remains(demo.pid), []);
  });
});
