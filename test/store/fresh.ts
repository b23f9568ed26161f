import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { EmbeddedStore } from '../../src/store/embedded.js';

const root = mkdtempSync(join(tmpdir(), 'windrose-objects-'));
const opened: EmbeddedStore[] = [];
after(async () => {
  for (const store of opened) await store.close();
  rmSync(root, { recursive: true });
});

/** An empty store; closed and removed when the tests of the file are through. */
export async function fresh(): Promise<EmbeddedStore> {
  const store = await EmbeddedStore.open(join(root, String(opened.length)));
  opened.push(store);
  return store;
}
