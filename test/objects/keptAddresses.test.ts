import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { external, externalIssues, externalOf, floating, router } from './externalSample.js';

describe('the gateway of a subnet and an address that was drawn before', () => {
  const drawn = { ...router('{ network: ext }'), ...floating('name: capp, network: ext, lport: a1') };
  const before = externalOf(drawn);
  const moved = (from: string, to: string): string[] =>
    externalIssues({ ...drawn, subnets: external.subnets.replace(from, to) }, { before });

  test('each keeps its address, and the subnet is told', () => {
    assert.deepEqual(moved('192.168.1.0/24', '192.168.1.0/24, gateway: 192.168.1.3'), [
      '12:64 subnets[2].gateway: 192.168.1.3 was drawn for floatingIps[0] (floating ip capp, line 23) and stays there',
    ]);
    assert.deepEqual(moved('192.168.1.0/24', '192.168.1.0/24, gateway: 192.168.1.2'), [
      '12:64 subnets[2].gateway: 192.168.1.2 was drawn for routers[0].gateways[0] (router r1, line 21) and stays there',
    ]);
    assert.deepEqual(moved('10.0.0.0/24', '10.0.0.0/24, gateway: 10.0.0.2'), [
      '10:63 subnets[0].gateway: 10.0.0.2 was drawn for routers[0].interfaces[0] (router r1, line 20) and stays there',
    ]);
  });

  test('with another gateway, and with an address of its own written, nothing is at fault', () => {
    assert.deepEqual(moved('192.168.1.0/24', '192.168.1.0/24, gateway: 192.168.1.9'), []);
    const written = { ...drawn, ...floating('name: capp, network: ext, lport: a1, address: 192.168.1.77') };
    const subnets = external.subnets.replace('192.168.1.0/24', '192.168.1.0/24, gateway: 192.168.1.3');
    assert.deepEqual(externalIssues({ ...written, subnets }, { before }), []);
  });
});
