import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { neededNetworks } from '../../../../src/control/dvr/mirror/storeScope.js';
import { Placement } from '../../../../src/control/dvr/placement/placement.js';
import { snatCandidates, snatHostsOf, snatPlan } from '../../../../src/control/dvr/placement/snatPlacement.js';
import { hostViewOf } from '../../../../src/control/dvr/view/hostViewOf.js';
import type { FloatingIpObject, GatewayObject, HostObject, Objects, RouterObject } from '../../../../src/objects/model.js';
import { host, ip, MAC, mac, prefix, sample, vxlan } from '../../../support/dvrSample.js';

const gateway: GatewayObject = {
  ...{ network: 'public', subnet: 'public4', address: ip('192.168.1.21'), mac: mac('fa:16:3e:00:0c:01'), enableSnat: true },
  ...{ sources: [], zones: [], hosts: [] },
};

function floating(lport: string, change: Partial<FloatingIpObject> = {}): FloatingIpObject {
  return {
    ...{ name: `fip-${lport}`, address: ip('192.168.1.101'), network: 'public', router: 'r', lport, fixed: ip('10.0.0.11') },
    ...{ placement: 'distributed' as const, mac: mac('fa:16:3e:00:0f:01'), forwardings: [] },
    ...change,
  };
}

/** The sample with an external network on a physical one; hosts n and m may have SNAT services. */
function world(changeHost: (one: HostObject) => HostObject = (one) => one, change: Partial<GatewayObject> = {}): Objects {
  const hosts = [...sample.hosts, { ...host('n', MAC.dN), name: 'm', vtep: ip('192.0.2.4') }];
  return {
    ...sample,
    hosts: hosts.map((one) => changeHost({ ...one, physnets: one.mode === 'dvr_snat' ? ['wire'] : [] })),
    networks: [
      ...sample.networks,
      { ...vxlan('public', 0), type: 'flat', physnet: 'wire', external: true },
      { ...vxlan('other', 1003), external: true },
    ],
    subnets: [
      ...sample.subnets,
      { name: 'public4', network: 'public', cidr: prefix('192.168.1.0/24'), gateway: ip('192.168.1.1') },
    ],
    routers: [{ ...sample.routers[0]!, gateways: [{ ...gateway, ...change }] }],
  };
}

const candidates = (objects: Objects, router: RouterObject = objects.routers[0]!): string[] => snatCandidates(objects, router);
const without = (name: string, change: Partial<HostObject>) => (one: HostObject) =>
  one.name === name ? { ...one, ...change } : one;

describe('which hosts may have the SNAT service of a router', () => {
  it('are those of mode dvr_snat that are connected to the external network', () => {
    assert.deepEqual(candidates(world()), ['m', 'n']);
    assert.deepEqual(candidates(world(without('m', { physnets: ['another'] }))), ['n']);
    assert.deepEqual(candidates(world(without('n', { mode: 'dvr' }))), ['m']);
  });

  it('a host that is draining is none (pitfall 54)', () => {
    assert.deepEqual(candidates(world(without('m', { draining: true }))), ['n']);
  });

  it('an external network in tunnels takes a tunnel endpoint', () => {
    assert.deepEqual(candidates(world(without('m', { vtep: undefined }), { network: 'other' })), ['n']);
    assert.deepEqual(candidates(world(undefined, { network: 'nowhere' })), []);
  });

  it('hosts that a gateway names are the only ones, in that order', () => {
    assert.deepEqual(candidates(world(undefined, { hosts: ['n', 'm', 'h1'] })), ['n', 'm']);
    const objects = world();
    const two = [
      { ...gateway, hosts: ['n', 'm'] },
      { ...gateway, network: 'other', hosts: ['m'] },
    ];
    assert.deepEqual(candidates(objects, { ...objects.routers[0]!, gateways: two }), ['m']);
  });

  it('there are none for a router that is down or has no gateway; one that is not distributed is itself on a host', () => {
    const objects = world();
    const [router] = objects.routers as [RouterObject];
    for (const change of [{ adminUp: false }, { gateways: [] }])
      assert.deepEqual(candidates(objects, { ...router, ...change }), [], JSON.stringify(change));
    assert.deepEqual(candidates(objects, { ...router, distributed: false, gateways: [] }), ['m', 'n']);
    const legacy = { ...objects, hosts: objects.hosts.map((host) => ({ ...host, mode: 'legacy' as const })) };
    assert.deepEqual(candidates(legacy, router), []);
    assert.ok(candidates(legacy, { ...router, distributed: false }).includes('n'));
  });
});

describe('where SNAT services are when nobody can be asked', () => {
  const many = (count: number, hosts: readonly string[] = []): Objects => {
    const objects = world(undefined, { hosts });
    const routers = Array.from({ length: count }, (_, i) => ({ ...objects.routers[0]!, name: `r${i}` }));
    return { ...objects, routers };
  };

  it('they are spread, and the same in whichever order objects stand', () => {
    const objects = many(10);
    const hosts = snatHostsOf(objects);
    const counts = ['m', 'n'].map((name) => [...hosts.values()].filter((on) => on === name).length);
    assert.deepEqual(counts, [5, 5]);
    const turned = snatHostsOf({ ...objects, hosts: objects.hosts.toReversed(), routers: objects.routers.toReversed() });
    assert.deepEqual([...turned].sort(), [...hosts].sort());
  });

  it('the first of the hosts that a gateway names has it', () => {
    assert.deepEqual([...snatHostsOf(many(3, ['n', 'm'])).values()], ['n', 'n', 'n']);
  });

  it('of several with as few a hash decides: not all first routers go to one host', () => {
    const each = many(20).routers.flatMap((router) => [...snatPlan([router], () => ['m', 'n']).values()]);
    assert.deepEqual([...new Set(each)].sort(), ['m', 'n']);
    const busy = new Map([['m', 1]]);
    assert.deepEqual([...snatPlan(many(1).routers, () => ['m', 'n'], busy).values()], ['n']);
  });

  it('a router without a candidate has none', () => {
    assert.deepEqual([...snatHostsOf(world((one) => ({ ...one, mode: 'dvr' })))], []);
  });
});

describe('what the host of a SNAT service needs (dvr.md 5.2)', () => {
  const snatHosts = new Map([['r', 'n']]);

  it('the replica of the router, its networks and the external one, without a port of its own', () => {
    const objects = world();
    const placement = new Placement(objects, snatHosts);
    assert.deepEqual([...placement.routersOf('n')], ['r']);
    assert.deepEqual([...placement.networksOf('n')].sort(), ['blue', 'orange', 'public']);
    assert.deepEqual([...placement.routersOf('m')], []);
    assert.deepEqual([...neededNetworks(objects, 'n', [], snatHosts)].sort(), ['blue', 'orange', 'public']);
    assert.deepEqual([...neededNetworks(objects, 'm', [], snatHosts)], []);
    const view = hostViewOf(
      objects,
      { name: 'n', mac: mac(MAC.dN), prefix: { mac: mac('fa:16:3f:00:00:00'), octets: 3 } },
      [],
      undefined,
      snatHosts,
    );
    assert.deepEqual(
      [view.routers.map(({ name }) => name), view.networks.map(({ name }) => name)],
      [['r'], ['blue', 'orange', 'public']],
    );
  });

  it('a host of ports needs the external network only for their floating addresses', () => {
    const objects = world();
    const of = (floatingIps: readonly FloatingIpObject[], on = 'h1', all = objects): string[] => [
      ...new Placement({ ...all, floatingIps }, snatHosts).externalOf(on),
    ];
    assert.deepEqual(of([]), []);
    assert.deepEqual(of([floating('a1')]), ['public']);
    assert.deepEqual(of([floating('a1')], 'h2'), []);
    assert.deepEqual(of([floating('a1', { placement: 'centralized' })]), []);
    assert.deepEqual(of([floating('a1')], 'h1', world(without('h1', { mode: 'dvr_no_external' }))), []);
  });
});
