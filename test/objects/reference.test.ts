import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { docOf, type KeyShape } from '../../src/config/keys.js';
import { objectsJsonSchema } from '../../src/objects/jsonSchema.js';
import { readObjects } from '../../src/objects/load.js';
import { OBJECTS_EXAMPLE, objectsReference } from '../../src/objects/reference.js';
import { objectsShape } from '../../src/objects/schema.js';

test('docs/objects.md is what "node scripts/objects-page.mjs" prints', () => {
  assert.equal(readFileSync(new URL('../../../docs/objects.md', import.meta.url), 'utf8'), objectsReference());
});

test('its example has no fault and no warning', () => {
  assert.deepEqual(readObjects(OBJECTS_EXAMPLE, 'example').issues, []);
});

test('every key has a sentence', () => {
  const walk = (shape: KeyShape): void => {
    for (const [key, schema] of Object.entries(shape)) {
      const { doc, children } = docOf(schema);
      assert.match(doc, /^[A-Z0-9/].*\.$/, key);
      if (children !== undefined) walk(children);
    }
  };
  walk(objectsShape);
});

test('the JSON Schema has every key, and knows routes and rules as lines', () => {
  interface Node {
    readonly properties?: Readonly<Record<string, Node>>;
    readonly items?: Node;
    readonly anyOf?: readonly Node[];
  }
  const root = objectsJsonSchema() as Node;
  const walk = (shape: KeyShape, node: Node): void => {
    assert.deepEqual(Object.keys(node.properties!), Object.keys(shape));
    for (const [key, schema] of Object.entries(shape)) {
      const { children } = docOf(schema);
      const below = node.properties![key]!;
      const whole = below.items ?? below;
      if (children !== undefined) walk(children, whole.anyOf?.[1] ?? whole);
    }
  };
  walk(objectsShape, root);
  const { routes, rules } = root.properties!.routers!.items!.properties!;
  for (const list of [routes, rules]) assert.deepEqual(list!.items!.anyOf![0], { type: 'string' });
});
