import assert from 'node:assert/strict';
import { test } from 'node:test';
import { externalIssues } from './externalSample.js';

/** Two routers with gateways on two external networks; `names`: of the routers, and of an interface of each. */
const world = (first: string, second: string, one = 'qr-a', other = 'qr-b', net = 'ext') => ({
  networks: `networks:
  - { name: blue, type: vxlan, id: 1001 }
  - { name: orange, type: vxlan, id: 1002 }
  - { name: ${net}, type: flat, physnet: p, external: true, floatingMac: perFip }
  - { name: more, type: vlan, id: 7, physnet: p, external: true }`,
  subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ${net}, cidr: 192.168.1.0/24 }
  - { name: more4, network: more, cidr: 198.51.100.0/24 }`,
  routers: `routers:
  - name: ${first}
    interfaces: [{ name: ${one}, subnet: blue4 }]
    gateways: [{ network: ${net} }, { network: more, sources: [10.0.0.0/25] }]
  - name: ${second}
    interfaces: [{ name: ${other}, subnet: orange4 }]
    gateways: [{ network: ${net} }]`,
  floatingIps: 'floatingIps: []',
});
const told = (...args: Parameters<typeof world>): string[] =>
  externalIssues(world(...args)).flatMap((line) => /: (.* would be called .*)$/.exec(line)?.[1] ?? []);

test('names that follow from those of objects are told apart, or refused', () => {
  assert.deepEqual(told('r1', 'r2'), []);
  assert.deepEqual(told('r', 'snat-r'), [
    'the SNAT service of router r would be called snat-r, as is router snat-r: routers[1] (router snat-r, line 22)',
  ]);
  assert.deepEqual(told('r', 'fip-ext'), [
    'the exit of network ext would be called fip-ext, as is router fip-ext: routers[1] (router fip-ext, line 22)',
  ]);
  assert.deepEqual(told('r1', 'r2', 'qr-blue', 'blue'), [
    "the SNAT service's interface beside blue would be called sg-blue, as is the SNAT service's interface beside qr-blue: routers[0].interfaces[0] (router r1, line 20)",
  ]);
  assert.match(
    told('r', 'r-more')[0]!,
    /^the gateway of router r-more on network ext would be called qg-r-more, as is the gateway of router r on network more/,
  );
  assert.equal(told('r', 'r-more').length, 3);
  assert.match(told('r1', 'r2', 'sg-b', 'qr-b')[0]!, /beside qr-b would be called sg-b, as is interface sg-b/);
});
