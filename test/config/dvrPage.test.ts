import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';

/** Keys of a configuration in the sentences of docs/dvr.md. */
const page = readFileSync(new URL('../../../docs/dvr.md', import.meta.url), 'utf8');

test('the physical network and the members of the page are read', () => {
  const physnets = /`(physnets: \[.*?\])`/.exec(page)![1]!;
  const endpoints = /`(endpoints: \[.*?\])`/.exec(page)![1]!;
  const text = `name: h1\nifaces: []\nhost: { name: h1, ${physnets} }\nstore: { etcd: { ${endpoints} } }\n`;
  const { config, issues } = loadConfig(text, 'h1.yaml');
  assert.deepEqual(issues, []);
  assert.equal(config!.host!.physnets[0]!.name, 'provider');
  assert.equal('etcd' in config!.store && config!.store.etcd.endpoints.length, 3);
});
