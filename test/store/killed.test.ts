import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EmbeddedStore } from '../../src/store/embedded.js';

const KILLS = 110;
/** At the same time, each in its own directory: most of a child's life is its start. */
const CHAINS = 2;
const child = fileURLToPath(new URL('./killedChild.js', import.meta.url));

/** Runs a writer, kills it `afterMs` behind its first word; the last revision it acknowledged. */
async function killedAfter(directory: string, afterMs: number): Promise<number> {
  const writer = spawn(process.execPath, [child, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  writer.stdout.on('data', (part: Buffer) => {
    if (said === '') setTimeout(() => writer.kill('SIGKILL'), afterMs);
    said += part.toString();
  });
  const signal = await new Promise((resolve) => writer.on('close', (_, by) => resolve(by)));
  assert.equal(signal, 'SIGKILL');
  return Number(said.split('\n').at(-2));
}

test(`a writer is killed ${KILLS} times: what it acknowledged is there, and nothing half`, { timeout: 120_000 }, async () => {
  let written = 0;
  const chain = async (): Promise<void> => {
    const directory = mkdtempSync(join(tmpdir(), 'windrose-killed-'));
    for (let i = 0; i < KILLS / CHAINS; i++) {
      const acknowledged = await killedAfter(directory, Math.random() * 25);
      const store = await EmbeddedStore.open(directory);
      const { revision, items } = await store.range('');
      await store.close();
      // One more than it said may be on the disk: it was killed before it could say so.
      assert.ok(revision === acknowledged || revision === acknowledged + 1, `${acknowledged} acknowledged, ${revision} there`);
      const values = new Map(items.map(({ key, value }) => [key, value]));
      for (const key of ['left', 'right', `own/${revision % 5}`]) assert.equal(values.get(key), String(revision), key);
      written = Math.max(written, revision);
    }
    rmSync(directory, { recursive: true });
  };
  await Promise.all(Array.from({ length: CHAINS }, chain));
  assert.ok(written > KILLS);
});
