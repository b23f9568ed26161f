import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { sample } from '../config/sample.js';
import { windrose } from './program.js';

const directory = mkdtempSync(join(tmpdir(), 'windrose-cli-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const good = file('good.yaml', sample());
const bad = file(
  'bad.yaml',
  sample({ zones: 'zones:\n  - { match: 1.1.0.0/16, localAddresses: [1.2.100.300] }', log: 'log: { level: loud }' }),
);
const warned = file('warned.yaml', sample({ zones: 'zones:\n  - { match: 1.1.5.5/16, localAddresses: [] }' }));

describe('usage', () => {
  test('--help and --version are done', async () => {
    const help = await windrose('--help');
    assert.equal(help.code, 0);
    for (const verb of ['run', 'check', 'show', 'demo', 'Examples:']) assert.match(help.stdout, new RegExp(verb));
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    assert.deepEqual(await windrose('--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
  });

  for (const verb of ['run', 'check', 'show', 'demo']) {
    test(`${verb} --help has examples`, async () => {
      const { code, stdout } = await windrose(verb, '--help');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`windrose ${verb}[\\s\\S]*Examples:[\\s\\S]*windrose ${verb}`));
    });
  }

  for (const args of [
    [],
    ['bogus'],
    ['check'],
    ['check', good, '-o', 'xml'],
    ['show'],
    ['run'],
    ['demo', 'bogus'],
    ['check', '--bogus', good],
  ]) {
    test(`"windrose ${args.map((arg) => (arg === good ? 'FILE' : arg)).join(' ')}" is 2`, async () => {
      const { code, stderr } = await windrose(...args);
      assert.equal(code, 2);
      assert.match(stderr, /windrose/);
      assert.doesNotMatch(stderr, / at .*\.js:/);
    });
  }
});

describe('check', () => {
  test('a good file is 0', async () => {
    assert.deepEqual(await windrose('check', good), { code: 0, stdout: `${good}: ok\n`, stderr: '' });
  });

  test('all faults of a bad file, with remedies, and 1', async () => {
    const { code, stdout } = await windrose('check', bad);
    assert.equal(code, 1);
    const lines = stdout.trim().split('\n');
    assert.equal(lines[0], `${bad}:8:43 zones[0].localAddresses[0]: "1.2.100.300" is not an IPv4 address (last octet above 255)`);
    assert.equal(lines[1], '    Expected: IPv4 address or range, for example 1.2.100.8-1.2.100.10.');
    assert.equal(lines[2], `${bad}:9:15 log.level: "loud" is not one of debug, info, warn, error`);
    assert.equal(lines.at(-1), `${bad}: 2 errors`);
  });

  test('warnings alone are 0', async () => {
    const { code, stdout } = await windrose('check', warned);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /:8:14 warning: zones\[0\]\.match: 1\.1\.5\.5\/16 has host bits set; 1\.1\.0\.0\/16 is used\n[\s\S]*: ok, 1 warning\n$/,
    );
  });

  test('-o json', async () => {
    const { code, stdout } = await windrose('check', bad, '-o', 'json');
    assert.equal(code, 1);
    const answer = JSON.parse(stdout);
    assert.deepEqual(
      [answer.valid, answer.issues.length, answer.issues[0].line, answer.issues[0].path],
      [false, 2, 8, 'zones[0].localAddresses[0]'],
    );
  });

  test('a file that is not there is 1', async () => {
    const { code, stdout } = await windrose('check', join(directory, 'none.yaml'));
    assert.equal(code, 1);
    assert.match(stdout, /none\.yaml: cannot be read: there is no such file, ENOENT\n/);
  });

  test('--schema is JSON', async () => {
    const { code, stdout } = await windrose('check', '--schema');
    assert.equal(code, 0);
    assert.equal(JSON.parse(stdout).type, 'object');
  });
});

describe('run', () => {
  test('a bad file is refused with 1 before anything starts', async () => {
    const { code, stderr } = await windrose('run', '--config', bad);
    assert.equal(code, 1);
    assert.match(stderr, /\nwindrose: .*bad\.yaml has 2 errors\. Correct what is listed above;/);
  });
});
