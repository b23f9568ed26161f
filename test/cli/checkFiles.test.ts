import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readGuarded } from '../../src/store/secretFile.js';
import { windrose } from './program.js';

const directory = mkdtempSync(join(tmpdir(), 'windrose-files-'));
after(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

function made(name: string, content: string, mode: number): string {
  writeFileSync(at(name), content);
  chmodSync(at(name), mode);
  return at(name);
}

test('files that keys name are looked at: there, not empty, secrets closed to others; as the gateway does when it starts', async () => {
  mkdirSync(at('folder'));
  const files = {
    gone: [at('gone'), 'is not there'],
    empty: [made('empty', '', 0o600), 'is empty'],
    open: [made('open', 'x', 0o644), 'has mode 0644, open to others'],
    folder: [at('folder'), 'is no file'],
    good: [made('good', 'x', 0o640), undefined],
  } as const;
  for (const [path, says] of Object.values(files)) {
    const config = at('gw1.yaml');
    writeFileSync(
      config,
      `name: gw-files\nifaces: []\nhost:\n  name: h1\n  metadata: { endpoint: "http://192.0.2.1:8775", secretFile: ${path} }\n`,
    );
    const { code, stdout, stderr } = await windrose('check', config);
    assert.equal(code, 0, stdout);
    const starts = (() => {
      try {
        return readGuarded('METADATA_SECRET', path, path, true).length > 0;
      } catch {
        return false;
      }
    })();
    assert.equal(starts, says === undefined, path);
    if (says === undefined) assert.doesNotMatch(stderr, /secretFile/);
    else {
      assert.ok(
        stderr.includes(`gw1.yaml:5:`) &&
          stderr.includes(`warning: host.metadata.secretFile: ${path} ${says}, and the gateway would not start\n`),
        stderr,
      );
      assert.match(stdout, /: ok, 1 warning\n/);
    }
  }
});

test('those of the store too: what is no secret may be open', async () => {
  const [ca, key] = [made('ca.pem', 'x', 0o644), made('key.pem', 'x', 0o644)];
  const tls = `tls: { ca: ${ca}, certificate: ${at('cert.pem')}, key: ${key} }, user: u, passwordFile: ${at('password')}`;
  const config = at('gw2.yaml');
  writeFileSync(
    config,
    `name: gw-files\nifaces: []\nhost: { name: h1 }\nstore: { etcd: { endpoints: ["https://192.0.2.1:2379"], ${tls} } }\n`,
  );
  const { stderr, stdout } = await windrose('check', config);
  assert.deepEqual(
    [...stderr.matchAll(/warning: (\S+): \S+ (.*), and the gateway/g)].map(([, key, says]) => `${key} ${says}`),
    [
      'store.etcd.tls.certificate is not there',
      'store.etcd.tls.key has mode 0644, open to others',
      'store.etcd.passwordFile is not there',
    ],
  );
  assert.match(stdout, /3 warnings/);
});
