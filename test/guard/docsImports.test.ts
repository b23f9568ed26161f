import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { checkout, page } from './markdown.js';

/** Folder -> folders it may import from, as docs/architecture.md says. */
function allowed(): Map<string, Set<string>> {
  const section = /\| Folder +\| Imports from +\|\n\| -+ \| -+ \|\n([\s\S]*?)\n\n/.exec(page('docs/architecture.md'))![1]!;
  const rows = section.split('\n').map((line) => [...line.matchAll(/`([a-z]+)`/g)].map((found) => found[1]!));
  return new Map(rows.map(([folder, ...from]) => [folder!, new Set(from)]));
}

function sources(folder: string): string[] {
  return readdirSync(join(checkout, 'src', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(checkout, 'src', folder, name));
}

it('folders import only what docs/architecture.md allows', () => {
  const table = allowed();
  assert.deepEqual(
    [...table.keys()].sort(),
    readdirSync(join(checkout, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort(),
  );
  const forbidden: string[] = [];
  for (const [folder, from] of table) {
    for (const file of sources(folder)) {
      for (const [, other] of readFileSync(file, 'utf8').matchAll(/from '(?:\.\.\/)+([a-z]+)\//g)) {
        const own = file.includes(`/src/${folder}/`) && (other === folder || !table.has(other!));
        if (!own && !from.has(other!)) forbidden.push(`${file.slice(checkout.length)} imports ${other}`);
      }
    }
  }
  assert.deepEqual(forbidden, []);
});
