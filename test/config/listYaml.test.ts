import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listYaml } from '../../src/config/listYaml.js';

test('MACs are quoted: of digits alone a reader of YAML 1.1 would make a number to base 60', () => {
  const text = listYaml(
    { lports: [{ name: 'a1', mac: '52:54:00:12:34:56', allowedPairs: [{ mac: 'FA:16:3e:00:0a:01' }] }] },
    'x',
  );
  assert.equal(
    text,
    '# x\n\nlports:\n  - { name: a1, mac: "52:54:00:12:34:56", allowedPairs: [ { mac: "FA:16:3e:00:0a:01" } ] }\n',
  );
});
