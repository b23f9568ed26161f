import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { catalog } from '../../src/errors/catalog.js';
import type { CatalogEntry } from '../../src/errors/catalogEntry.js';
import { checkout, page } from './markdown.js';
import { filesBelow, textOf } from './sources.js';

/** Shorter pieces of a sentence, such as " has ", are found everywhere. */
const LEAST_CHARACTERS = 12;
const codes = Object.entries<CatalogEntry>(catalog);

function textBelow(folder: string, except: string): string {
  return filesBelow(folder)
    .filter((file) => file !== except)
    .map(textOf)
    .join('\n');
}

/** The parts of a sentence that do not depend on its object. */
function pieces({ says }: CatalogEntry): string[] {
  return says('\0', '\0')
    .split('\0')
    .filter((piece) => piece.length >= LEAST_CHARACTERS);
}

describe('errors', () => {
  test('docs/errors.md lists exactly the catalogue', () => {
    const printed = execFileSync(process.execPath, [join(checkout, 'scripts/errors-page.mjs')], { encoding: 'utf8' });
    assert.equal(page('docs/errors.md'), printed, 'run: node scripts/errors-page.mjs >docs/errors.md');
  });

  test('every code is thrown somewhere', () => {
    const source = textBelow('src', 'src/errors/catalog.ts');
    const thrown = (code: string): boolean => new RegExp(`'${code}'`).test(source);
    assert.deepEqual(
      codes.filter(([code]) => !thrown(code)).map(([code]) => code),
      [],
    );
  });

  test('every code is seen by a test, by its name or its sentence', () => {
    // Patterns of tests escape what a sentence says plainly.
    const tests = textBelow('test', 'test/guard/errors.test.ts').replaceAll('\\', '');
    const unseen = codes.filter(
      ([code, entry]) => !new RegExp(`\\b${code}\\b`).test(tests) && !pieces(entry).some((piece) => tests.includes(piece)),
    );
    assert.deepEqual(
      unseen.map(([code]) => code),
      [],
    );
  });
});
