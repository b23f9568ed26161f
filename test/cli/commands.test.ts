import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { scenarios } from '../../src/cli/demo.js';
import { sample } from '../config/sample.js';
import { mainFile, windrose } from './program.js';

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

  test('demo without a name lists the demos, each with a line', async () => {
    const { code, stdout } = await windrose('demo');
    assert.equal(code, 0);
    for (const name of Object.keys(scenarios)) assert.match(stdout, new RegExp(`^${name} +\\S.+$`, 'm'));
  });

  for (const verb of ['run', 'check', 'show', 'demo']) {
    test(`${verb} --help has examples`, async () => {
      const { code, stdout } = await windrose(verb, '--help');
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`windrose ${verb}[\\s\\S]*Examples:[\\s\\S]*windrose ${verb}`));
    });
  }

  for (const line of ['show --help', '--help', 'help trace', 'man', 'completion bash', 'nonsense']) {
    test(`"windrose ${line}" ends quietly when nobody reads`, () => {
      const command = `"$0" "$@" 2>&1 | true; echo "\${PIPESTATUS[0]}"`;
      const run = spawnSync('bash', ['-c', command, process.execPath, mainFile, ...line.split(' ')], { encoding: 'utf8' });
      assert.deepEqual([run.stdout, run.stderr], [line === 'nonsense' ? '2\n' : '0\n', '']);
    });
  }

  const misspelt: readonly (readonly [string, RegExp])[] = [
    ['activate a1 --config x', /activate asks a gateway that runs: give --name or --socket instead of --config/],
    ['run --confg x', /unknown option '--confg'\n\(Did you mean --config\?\)\nTry "windrose run --help"/],
    ['check --schem', /unknown option '--schem'\n\(Did you mean --schema\?\)/],
    ['reload --dryrun', /unknown option '--dryrun'\n\(Did you mean --dry-run\?\)/],
    ['show zones --outptu json', /unknown option '--outptu'\n\(Did you mean --output\?\)/],
    ['sessions purge all --yess', /unknown option '--yess'\n\(Did you mean --yes\?\)/],
    ['capture lan --cuont 5', /unknown option '--cuont'\n\(Did you mean --count\?\)/],
    ['shw zones', /unknown command 'shw'\n\(Did you mean show\?\)/],
    ['show zonse', /nothing called "zonse" to show \(it may mean zones\)/],
    ['show sessions scr 1.1.1.1', /by "scr": did you mean "src"\?/],
    ['help trase', /unknown command 'trase'\n\(Did you mean trace\?\)/],
    ['show zones --limit 5', /only sessions, mappings, inside-hosts are limited, not zones/],
    ['show sessions --limit abc', /option '--limit <rows>' argument 'abc' is invalid\. It is a whole number from 1 to 1000000\./],
    ['show sessions --limit 0', /argument '0' is invalid/],
    ['show routes -o ipvsadm', /is ipvsadm only for zones/],
    ['run', /required option '-c, --config <file>' not specified/],
  ];
  for (const [line, said] of misspelt) {
    test(`"windrose ${line}" is 2 and names the word`, async () => {
      const { code, stdout, stderr } = await windrose(...line.split(' '));
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, said);
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

const lookedAt =
  '    Checked: form, values, and how they fit together. Not looked at: devices, namespaces, ports in use.\n' +
  '    No gateway answers on /run/windrose/gw1.sock: there is no difference to show.\n';

describe('check', () => {
  test('a good file is 0', async () => {
    assert.deepEqual(await windrose('check', good), { code: 0, stdout: `${good}: ok\n${lookedAt}`, stderr: '' });
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

  test('warnings and notes alone are 0; they stand on standard error', async () => {
    const { code, stdout, stderr } = await windrose('check', warned);
    assert.deepEqual([code, stdout], [0, `${warned}: ok, 1 warning\n${lookedAt}`]);
    const warning = 'zones[0].match: 1.1.5.5/16 has host bits set; 1.1.0.0/16 is used\n    Write 1.1.0.0/16.';
    const note = 'zones[0].localAddresses: zone 1.1.0.0/16 has no local addresses: its sources are refused';
    assert.equal(stderr, `${warned}:8:14 warning: ${warning}\n${warned}:8:42 note: ${note}\n`);
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
