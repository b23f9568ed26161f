import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EmbeddedStore } from '../../src/store/embedded.js';

const directory = mkdtempSync(join(tmpdir(), 'windrose-full-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', directory]).status === 0;
const skip = mounted ? false : 'needs mount(8), as root';
if (!mounted) rmSync(directory, { recursive: true });

test('a full disk refuses a transaction, takes half of it back, and what fits is written', { skip }, async () => {
  try {
    const store = await EmbeddedStore.open(directory);
    let written = 0;
    const put = (value: string) => store.transact({ puts: [{ key: 'k', value }] });
    const fill = async (): Promise<void> => {
      for (;;) {
        await put('x'.repeat(5000));
        written++;
      }
    };
    await assert.rejects(fill(), { code: 'STORE_UNWRITABLE', message: /ENOSPC/ });
    assert.ok(written > 5);
    assert.equal((await store.range('')).revision, written);
    assert.equal(readFileSync(join(directory, 'log'), 'utf8').split('\n').length - 1, written);
    assert.deepEqual(await put('short'), { done: true, revision: written + 1 });
    await store.close();
    const again = await EmbeddedStore.open(directory);
    const { revision, items } = await again.range('');
    await again.close();
    assert.deepEqual([revision, items[0]!.value], [written + 1, 'short']);
  } finally {
    spawnSync('umount', [directory]);
    rmSync(directory, { recursive: true });
  }
});
