import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { mainFile } from '../../cli/program.js';

/** A demo that runs as a process, and what is left of it. */

export interface Demo {
  readonly child: ChildProcess;
  readonly pid: number;
  output(): string;
}

/** Its measurements of throughput take one second each. */
export function startDemo(scenario: string, given: NodeJS.ProcessEnv = process.env): Demo {
  const env = { ...given, WINDROSE_DEMO_SECONDS: '1' };
  const child = spawn(process.execPath, [mainFile, 'demo', scenario], { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
  }
  return { child, pid: child.pid!, output: () => text };
}

/** Its exit code, or the signal that ended it. */
export async function ended(demo: Demo): Promise<number | string> {
  const [code, signal] = demo.child.exitCode === null ? await once(demo.child, 'close') : [demo.child.exitCode, null];
  return (code ?? signal) as number | string;
}

/** Waits until the demo has printed `sign`, for 120 s at most. */
export async function until(demo: Demo, sign: string): Promise<void> {
  for (const end = Date.now() + 120_000; !demo.output().includes(sign); ) {
    assert.ok(Date.now() < end && demo.child.exitCode === null, `no "${sign}" in:\n${demo.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What a demo with this process id made and is still there. */
export function remains(pid: number): string[] {
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
