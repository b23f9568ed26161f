import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { jsonSchema } from '../../src/config/jsonSchema.js';
import { docOf, type KeyShape } from '../../src/config/keys.js';
import { loadConfig } from '../../src/config/load.js';
import { configurationReference } from '../../src/config/reference.js';
import { rootShape } from '../../src/config/schema.js';

const page = () => readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

test('docs/configuration.md is what "windrose check --reference" prints', () => {
  assert.equal(page(), configurationReference());
});

test('the example in docs/configuration.md has no fault and no warning', () => {
  const example = /```yaml\n([\s\S]*?)```/.exec(page())![1]!;
  assert.deepEqual(loadConfig(example, 'example').issues, []);
});

test('every key has a sentence', () => {
  const walk = (shape: KeyShape): void => {
    for (const [key, schema] of Object.entries(shape)) {
      const about = docOf(schema);
      assert.match(about.doc, /^[A-Z0-9/].*\.$/, key);
      if (about.children !== undefined) walk(about.children);
    }
  };
  walk(rootShape);
});

test('the JSON Schema knows the short forms', () => {
  const { properties } = jsonSchema() as { properties: Record<string, { items?: { anyOf?: unknown[] }; anyOf?: unknown[] }> };
  assert.deepEqual(Object.keys(properties), Object.keys(rootShape));
  assert.equal(properties.routes!.items!.anyOf!.length, 2);
  assert.equal(properties.rules!.items!.anyOf!.length, 2);
  assert.equal(properties.metrics!.anyOf!.length, 2);
  const zone = (properties.zones as { items: { properties: Record<string, { anyOf: unknown[] }> } }).items.properties;
  for (const key of ['match', 'protocols', 'mapping', 'filtering', 'overload']) assert.equal(zone[key]!.anyOf.length, 2, key);
});
