import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { MetadataConfig } from '../../../src/config/config.js';
import { readSettings } from '../../../src/control/metadata/secrets.js';
import { WindroseError } from '../../../src/errors/catalog.js';

const folder = mkdtempSync(join(tmpdir(), 'windrose-metadata-'));
after(() => rmSync(folder, { recursive: true }));

function config(secretFile: string | undefined, caFile?: string): MetadataConfig {
  return {
    endpoint: 'https://e',
    secretFile,
    caFile,
    connections: 4,
    newPerSecond: 4,
    range: undefined as never,
    netns: undefined,
  };
}

test('the first line of the file is the secret', () => {
  const file = join(folder, 'secret');
  writeFileSync(file, 'shared\r\n');
  chmodSync(file, 0o640);
  const ca = join(folder, 'ca');
  writeFileSync(ca, 'PEM', { mode: 0o644 });
  assert.deepEqual(readSettings(config(file, ca)), { endpoint: 'https://e', connections: 4, secret: 'shared', ca: 'PEM' });
  assert.deepEqual(readSettings(config(undefined)), { endpoint: 'https://e', connections: 4, secret: undefined, ca: undefined });
});

test('a file that others may read, an empty one, and one that is not there are refused, without a word of what is in them', () => {
  const file = join(folder, 'open');
  writeFileSync(file, 'shared');
  const refused = (mode: number | undefined): WindroseError => {
    if (mode !== undefined) chmodSync(file, mode);
    try {
      readSettings(config(mode === undefined ? join(folder, 'none') : file));
    } catch (error) {
      assert.ok(error instanceof WindroseError && error.code === 'METADATA_SECRET');
      return error;
    }
    assert.fail(`mode ${mode} was taken`);
  };
  for (const mode of [0o644, 0o660, 0o641]) {
    const { message, remedy } = refused(mode);
    assert.equal(
      message,
      `cannot use the file ${file} (host.metadata.secretFile): it has mode 0${mode.toString(8)}, open to others.`,
    );
    assert.match(remedy, /chmod 640/);
    assert.ok(!message.includes('shared'));
  }
  assert.match(refused(undefined).message, /cannot be read, ENOENT/);
  writeFileSync(file, '');
  assert.match(refused(0o600).message, /is empty/);
});
