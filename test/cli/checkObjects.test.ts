import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { objectsText } from '../objects/sample.js';
import { windrose } from './program.js';

const directory = mkdtempSync(join(tmpdir(), 'windrose-check-'));
after(() => rmSync(directory, { recursive: true }));
const config = join(directory, 'gw1.yaml');
const objects = join(directory, 'objects.yaml');

/** Checks a configuration of host `name` beside these objects. */
function checked(name: string, text: string) {
  writeFileSync(config, `name: gw-check-objects\nifaces: []\nhost: { name: ${name} }\nobjects: objects.yaml\n`);
  writeFileSync(objects, text);
  return windrose('check', config);
}

test('a configuration is as good as its objects', async () => {
  const { code, stdout } = await checked('h1', objectsText());
  assert.equal(code, 0);
  assert.match(stdout, /gw1\.yaml: ok\n/);
});

test('faults of the objects are told with their places', async () => {
  const { code, stdout } = await checked(
    'h1',
    objectsText({ lports: 'lports:\n  - { name: a1, network: blau, addresses: [1.2.3.4] }' }),
  );
  assert.equal(code, 1);
  assert.match(stdout, /objects\.yaml:11:26 lports\[0\]\.network: there is no network "blau"\n/);
  assert.match(stdout, /gw1\.yaml: 1 error\n/);
});

test('a host that is none of them', async () => {
  const { code, stdout } = await checked('h7', objectsText());
  assert.equal(code, 1);
  assert.match(
    stdout,
    /objects\.yaml: hosts: host h7 of the configuration is not among the hosts\n {4}Add it, or use one of those there: h1, h2\.\n/,
  );
});

test('a file of objects that is not there', async () => {
  await checked('h1', objectsText());
  rmSync(objects);
  const { code, stdout } = await windrose('check', config);
  assert.equal(code, 1);
  assert.match(stdout, /objects\.yaml: cannot be read: there is no such file, ENOENT\n/);
});

test('a file of objects says what it is, with its faults if it has any', async () => {
  writeFileSync(objects, objectsText());
  const good = await windrose('check', objects);
  assert.equal(good.code, 0);
  assert.match(good.stdout, /objects\.yaml: ok\n {4}A file of objects: 2 hosts, 2 networks, 2 subnets, 3 lports, 1 routers\.\n/);
  assert.match(good.stdout, /"windrose apply FILE --dry-run"/);
  writeFileSync(objects, objectsText({ lports: 'lports:\n  - { name: a1, network: blau }' }));
  const bad = await windrose('check', objects, '-o', 'json');
  const { kind, valid, issues } = JSON.parse(bad.stdout);
  assert.deepEqual([bad.code, kind, valid, issues[0].path], [1, 'objects', false, 'lports[0].network']);
});

test('a configuration with a key of objects is a configuration all the same', async () => {
  writeFileSync(config, 'name: gw-check-objects\nifaces: []\nnetworks: []\n');
  const { code, stdout } = await windrose('check', config);
  assert.equal(code, 1);
  assert.match(stdout, /gw1\.yaml:3:1 networks: /);
});

test('--schema objects is JSON with their kinds; another word is refused', async () => {
  const { code, stdout } = await windrose('check', '--schema', 'objects');
  assert.equal(code, 0);
  assert.ok('lports' in JSON.parse(stdout).properties);
  const other = await windrose('check', '--schema', 'nets');
  assert.equal(other.code, 2);
  assert.match(other.stderr, /Allowed choices are configuration, objects/);
});
