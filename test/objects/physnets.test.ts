import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readObjects } from '../../src/objects/load.js';
import { external, externalIssues, externalText } from './externalSample.js';

test('an external network on a physical network that no host has is warned of', () => {
  const changed = {
    hosts: 'hosts:\n  - { name: h1, vtep: 192.0.2.1, physnets: [outside, q] }\n  - { name: h2, vtep: 192.0.2.2 }',
    networks: external.networks.replace('physnet: p', 'physnet: outsid'),
  };
  assert.deepEqual(externalIssues(changed), [
    '7:39 warning: networks[2].physnet: no host has the physnet "outsid", so that nobody has a way out by network ext',
    '8:47 warning: networks[3].physnet: no host has the physnet "p", so that nobody has a way out by network more',
  ]);
});

test('a physical network that no host has: the remedy is the name that is meant, or those there are', () => {
  const changed = {
    networks: external.networks.replace('physnet: p,', 'physnet: outsid,').replace('physnet: p,', 'physnet: far,'),
  };
  const { issues } = readObjects(externalText({ ...changed, hosts: external.hosts.replaceAll('[p]', '[outside, q]') }), 'o.yaml');
  assert.deepEqual(
    issues.map(({ remedy }) => remedy),
    ['Did you mean "outside"?', 'Physnets of hosts: outside, q. Add far to the physnets of the hosts that are connected to it.'],
  );
  const none = readObjects(externalText({ hosts: 'hosts: []', lports: 'lports: []', floatingIps: '' }), 'o.yaml');
  assert.deepEqual(
    none.issues.filter(({ path }) => path.endsWith('physnet')),
    [],
  );
});
