import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nounOf } from '../../src/cli/nouns.js';
import { keyOfOther } from '../../src/config/otherWords.js';
import { readObjects } from '../../src/objects/load.js';
import { textOf } from '../guard/sources.js';

const page = textOf('docs/neutron.md');
const [sample] = /(?<=^```yaml\n)[\s\S]*?(?=^```)/m.exec(page)!;
const reference = textOf('docs/objects.md');

/** Keys of a section of docs/objects.md. */
function keysOf(section: string): string[] {
  const [, rows] = reference.split(`\n## \`${section}\`\n`);
  assert.ok(rows !== undefined, `docs/objects.md has no ${section}`);
  return [...rows.split('\n## ')[0]!.matchAll(/^\| `(\w+)`/gm)].map(([, key]) => key!);
}

describe('docs/neutron.md', () => {
  test('its objects are as they should be', () => {
    const { objects, issues } = readObjects(sample, 'neutron.md');
    assert.deepEqual(issues, []);
    assert.deepEqual([objects!.routers.length, objects!.floatingIps.length], [1, 2]);
  });

  test("Neutron's words lead to the keys that stand beside them", () => {
    const rows = [...page.matchAll(/^\| `([\w:]+)` +\| `([\w[\].]+)` `(\w+)` +\|$/gm)];
    assert.ok(rows.length >= 30);
    for (const [, word, section, key] of rows) {
      const keys = keysOf(section!);
      assert.ok(keys.includes(key!), `${section} has no ${key}`);
      assert.equal(keyOfOther(word!, keys), key, `${word} of ${section}`);
    }
  });

  test('what is to be shown can be shown', () => {
    const nouns = [...page.matchAll(/windrose show ([a-z-]+)/g)].map(([, noun]) => noun!);
    assert.ok(nouns.length >= 10);
    for (const noun of nouns) assert.equal(nounOf(noun), noun);
  });

  test('a file with such words is told what they are called', () => {
    const { issues } = readObjects(sample.replace('mac: "fa:16:3e:00:00:11"', 'mac_address: "fa:16:3e:00:00:11"'), 'neutron.md');
    assert.ok(issues.some(({ remedy }) => remedy === 'Did you mean "mac"?'));
  });
});
