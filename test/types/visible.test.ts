import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { visible, visibleLines } from '../../src/types/visible.js';

/** ESC, C1 CSI, DEL, right-to-left override, line separator, lone surrogate. */
const WILD = '\u001b[31m\u009b31m\u007f\u202e\u2028\ud800';
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
const ACTED_UPON = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/;

test('what a terminal would act upon is written as JSON writes it; the rest stays', () => {
  assert.equal(visible(`a${WILD}b\n`), 'a\\u001b[31m\\u009b31m\\u007f\\u202e\\u2028\\ud800b\\u000a');
  assert.equal(visible('Zürich 東京 😀 "\\'), 'Zürich 東京 😀 "\\');
  assert.equal(visibleLines('a\tb\nc\r\n'), 'a\tb\nc\\u000d\n');
});

test('check prints no control character of a file, whether of its name, keys, values or anchors', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-visible-'));
  const file = join(directory, `a\u001b]0;x\u0007\u202e.yaml`);
  const main = join(import.meta.dirname, '../../src/main.js');
  const key = '\u001b[31mX';
  const faulty = [
    `"${key}": 1\n"${key}": 2\n"\u009b31m": 3\n`,
    `name: "\u009b31m\u202e"\nifaces: []\nzones: [{ match: "\u009b", localAddresses: ["\u202e"] }]\n`,
    `a: *x\u009bm\n`,
    `a: !t\u009bm b\n`,
    `%\u009bm\n---\n`,
  ];
  try {
    for (const text of faulty) {
      writeFileSync(file, text);
      for (const words of [['check'], ['check', '-o', 'json'], ['run', '--config']]) {
        const { stdout, stderr, status } = spawnSync(process.execPath, [main, ...words, file], {
          encoding: 'utf8',
          timeout: 20_000,
        });
        assert.equal(status, 1, stderr);
        assert.doesNotMatch(stdout, ACTED_UPON);
        assert.doesNotMatch(stderr, ACTED_UPON);
        if (words.includes('json')) assert.equal(JSON.parse(stdout).file, file);
      }
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});
