import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { checkout } from './markdown.js';

/** Bodies of a test file: what fails, fails by an assertion; what fails once leaves a mark the first time. */
const PASSES = `test('passes', () => {});`;
const FAILS = `test('is wrong', () => assert.equal('the balance', 'another'));`;
const FAILS_ONCE = `test('comes late', () => {
  const late = !existsSync(new URL('./mark', import.meta.url));
  writeFileSync(new URL('./mark', import.meta.url), '');
  assert.ok(!late, 'the answer came late');
});`;
const FAILS_THEN_SKIPS = FAILS_ONCE.replace('() => {', '(t) => {').replace(
  'assert.ok(!late',
  "if (!late) t.skip('no device'); else assert.ok(false",
);
const ENDS_ONCE = `import { setTimeout as pause } from 'node:timers/promises';
test('goes on', async () => {
  const first = !existsSync(new URL('./mark', import.meta.url));
  writeFileSync(new URL('./mark', import.meta.url), '');
  if (first) process.exit(3);
});`;

/** Runs the runner in a checkout of its own with these test files; path below test/ -> body. */
function runner(files: Record<string, string>, ...args: string[]): { status: number | null; out: string; lines: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'windrose-runner-'));
  mkdirSync(join(root, 'scripts'));
  for (const name of readdirSync(join(checkout, 'scripts')))
    if (/test.*\.mjs$/.test(name)) copyFileSync(join(checkout, 'scripts', name), join(root, 'scripts', name));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  const imports = `import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
`;
  for (const [name, body] of Object.entries(files)) {
    for (const folder of ['test', 'out/test']) mkdirSync(dirname(join(root, folder, name)), { recursive: true });
    writeFileSync(join(root, 'test', `${name}.test.ts`), '');
    writeFileSync(join(root, 'out', 'test', `${name}.test.js`), imports + body);
  }
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/run-tests.mjs'), ...args], {
    encoding: 'utf8',
    env,
  });
  rmSync(root, { recursive: true });
  assert.equal(stderr, '');
  return { status, out: stdout, lines: stdout.trimEnd().split('\n') };
}

test('what fails beside others and passes alone is told, and the run has passed; the first failure is still to be read', () => {
  const { status, out, lines } = runner({ 'system/a/late': FAILS_ONCE, 'system/b/good': PASSES, 'control/late': FAILS_ONCE });
  assert.equal(status, 0);
  assert.deepEqual(lines.slice(-3), [
    'passed only alone: test/control/late.test.ts: comes late',
    'passed only alone: test/system/a/late.test.ts: comes late',
    '3 passed, 0 failed, 0 skipped',
  ]);
  assert.match(out, /✖ comes late .*\n.*the answer came late/);
  assert.match(out, /run once more, alone: test\/control\/late\.test\.ts, test\/system\/a\/late\.test\.ts\n/);
});

test('what fails a second time has failed, whatever passes then', () => {
  const { status, lines } = runner({ 'system/a/wrong': FAILS, 'system/b/late': FAILS_ONCE });
  assert.equal(status, 1);
  assert.deepEqual(lines.slice(-3), [
    'failed again alone: test/system/a/wrong.test.ts: is wrong',
    'passed only alone: test/system/b/late.test.ts: comes late',
    '1 passed, 1 failed, 0 skipped',
  ]);
});

test('a test that is skipped the second time has not passed', () => {
  const { status, lines } = runner({ 'system/a/gone': FAILS_THEN_SKIPS, 'system/b/good': PASSES });
  assert.equal(status, 1);
  assert.equal(lines.at(-2), 'failed again alone: test/system/a/gone.test.ts: comes late');
});

test('a process that ends in the middle is run once more as well', () => {
  const { status, lines } = runner({ 'system/a/ends': ENDS_ONCE, 'system/b/good': PASSES });
  assert.equal(status, 0);
  assert.equal(lines.at(-2), 'passed only alone: test/system/a/ends.test.ts: the file itself');
});

test('eight files are run once more, nine are not', () => {
  const late = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`system/s${i}/late`, FAILS_ONCE]));
  const eight = runner(late(8));
  assert.equal(eight.status, 0);
  assert.equal(eight.lines.at(-1), '8 passed, 0 failed, 0 skipped');
  const nine = runner(late(9));
  assert.equal(nine.status, 1);
  assert.deepEqual(nine.lines.slice(-2), ['9 files failed: more than 8 are not run again', '0 passed, 9 failed, 0 skipped']);
});

test('a failure that has nothing to do with time is not tried again, nor is any with --once', () => {
  for (const path of ['property/late', 'wire/late', 'fuzz/late', 'guard/late']) {
    const { status, out, lines } = runner({ [path]: FAILS_ONCE, 'system/b/good': PASSES });
    assert.equal(status, 1, path);
    assert.doesNotMatch(out, /alone/);
    assert.equal(lines.at(-1), '1 passed, 1 failed, 0 skipped');
  }
  const { status, lines } = runner({ 'system/a/late': FAILS_ONCE, 'system/b/good': PASSES }, '--once');
  assert.equal(status, 1);
  assert.equal(lines.at(-1), '1 passed, 1 failed, 0 skipped');
});
