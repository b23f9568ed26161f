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

test('a host that has no room for what it is to have is told, with what to do, beside a configuration for its own alone', async () => {
  const names = Array.from({ length: 1025 }, (_, i) => `  - { name: p${i}, network: blue, host: h2, tap: t${i} }`);
  const text = objectsText({ lports: `lports:\n${names.join('\n')}` });
  writeFileSync(objects, text);
  const told =
    /hosts\[1\]: host h2 needs 1025 ports and has room for 1024; what does not fit is left out there\n {4}Bind ports to other hosts\.\n/;
  const alone = await windrose('check', objects);
  assert.equal(alone.code, 0);
  assert.match(alone.stderr, new RegExp(`objects\\.yaml:\\d+:\\d+ warning: ${told.source}`));
  const own = await checked('h2', text);
  assert.equal(own.code, 0);
  assert.match(own.stderr, new RegExp(`objects\\.yaml: warning: ${told.source}`));
  assert.doesNotMatch((await checked('h1', text)).stderr, /has room for/);
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
