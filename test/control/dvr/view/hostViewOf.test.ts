import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HostView } from '../../../../src/control/dvr/view/hostView.js';
import { hostViewOf } from '../../../../src/control/dvr/view/hostViewOf.js';
import type { LportObject, Objects } from '../../../../src/objects/model.js';
import { formatIpv4, type WireIpv4 } from '../../../../src/types/ipv4.js';
import { formatMac } from '../../../../src/types/mac.js';
import { lport, MAC, mac, prefix, rif, sample, vxlan } from '../../../support/dvrSample.js';

const BASE = { mac: mac('fa:16:3f:00:00:00'), octets: 3 } as const;
const view = (objects: Objects, name: string): HostView => hostViewOf(objects, { name, mac: mac(MAC.d1), prefix: BASE });
const changed = (name: string, change: Partial<LportObject>): Objects => ({
  ...sample,
  lports: sample.lports.map((port) => (port.name === name ? { ...port, ...change } : port)),
});
const known = ({ known: all }: HostView): string[] =>
  all.map(({ address, mac: of }) => `${formatIpv4(address)} ${formatMac(of)}`);
const neighbors = ({ neighbors: all }: HostView): string[] => all.map(({ rif: by, address }) => `${by} ${formatIpv4(address)}`);
const NEIGHBORS = ['qr-blue 10.0.0.11', 'qr-blue 10.0.0.12', 'qr-blue 10.0.0.13', 'qr-orange 20.0.0.21', 'qr-orange 20.0.0.22'];

describe('what a host has to know', () => {
  it('F11 F17 I5: the same interfaces and a permanent neighbour for every port on both hosts', () => {
    const [one, other] = [view(sample, 'h1'), view(sample, 'h2')];
    assert.deepEqual(one.routers, other.routers);
    assert.deepEqual(neighbors(one).sort(), NEIGHBORS);
    assert.deepEqual(neighbors(other).sort(), NEIGHBORS);
    assert.deepEqual(
      one.routers[0]!.rifs.map((own) => [own.name, formatMac(own.mac), own.isGateway]),
      [
        ['qr-blue', MAC.gA, true],
        ['qr-orange', MAC.gB, true],
      ],
    );
  });

  it('F19: knows at which host every port of its networks is', () => {
    const { macs, networks } = view(sample, 'h1');
    assert.deepEqual(
      macs.map((one) => [one.network, formatMac(one.mac), one.host]),
      [
        ['blue', MAC.a2, 'h2'],
        ['orange', MAC.b2, 'h2'],
      ],
    );
    assert.deepEqual(
      networks.map(({ name, presentOn }) => [name, presentOn]),
      [
        ['blue', ['h2']],
        ['orange', ['h2']],
      ],
    );
  });

  it('F53: a host without ports has no replica, no network and no neighbour', () => {
    const { networks, routers, lports, macs, neighbors: none } = view(sample, 'n');
    assert.deepEqual([networks, routers, lports, macs, none], [[], [], [], [], []]);
  });

  it('F53 F54: a DHCP port brings a replica, a port of a router does not', () => {
    const port = lport('x', 'blue', 'fa:16:3e:00:0a:09', '10.0.0.9', 'n');
    const withPort = (owner: LportObject['owner']): Objects => ({ ...sample, lports: [...sample.lports, { ...port, owner }] });
    assert.deepEqual(
      view(withPort('dhcp'), 'n').routers.map(({ name }) => name),
      ['r'],
    );
    assert.deepEqual(view(withPort('router'), 'n').routers, []);
    assert.deepEqual(
      view(withPort('dhcp'), 'n')
        .networks.map(({ name }) => name)
        .sort(),
      ['blue', 'orange'],
      'the networks its router leads to as well',
    );
  });

  it('F55: routers that share a network come together, from one to the next', () => {
    const chain: Objects = {
      ...sample,
      networks: [...sample.networks, vxlan('green', 1003), vxlan('red', 1004)],
      subnets: [
        ...sample.subnets,
        { name: 'green4', network: 'green', cidr: prefix('30.0.0.0/24'), gateway: undefined },
        { name: 'red4', network: 'red', cidr: prefix('40.0.0.0/24'), gateway: undefined },
      ],
      routers: ['r', 's', 't'].map((name) => ({ ...sample.routers[0]!, name })),
      rifs: [
        ...sample.rifs,
        rif('s-orange', 's', 'orange4', 'fa:16:3e:00:00:02', '20.0.0.2'),
        rif('s-green', 's', 'green4', 'fa:16:3e:00:00:03', '30.0.0.1'),
        rif('t-green', 't', 'green4', 'fa:16:3e:00:00:04', '30.0.0.2'),
        rif('t-red', 't', 'red4', 'fa:16:3e:00:00:05', '40.0.0.1'),
      ],
    };
    assert.deepEqual(
      view(chain, 'h1').routers.map(({ name }) => name),
      ['r', 's', 't'],
    );
    assert.ok(neighbors(view(chain, 'h1')).includes('s-orange 20.0.0.22'), 'neighbours of every router on the subnet');
  });

  it('I5: unbound ports, ports that are down and virtual addresses have no neighbour, and no ARP is answered for them', () => {
    const gone = '10.0.0.12';
    for (const change of [{ host: undefined, device: undefined }, { adminUp: false }]) {
      const seen = view(changed('a2', change), 'h1');
      assert.ok(!known(seen).some((line) => line.startsWith(gone)));
      assert.ok(!neighbors(seen).includes(`qr-blue ${gone}`));
    }
    const pairs = [{ prefix: prefix('10.0.0.50/32'), mac: undefined }];
    const shared = changed('a2', { allowedPairs: pairs });
    const both: Objects = {
      ...shared,
      lports: shared.lports.map((port) => (port.name === 'a3' ? { ...port, allowedPairs: pairs } : port)),
    };
    assert.ok(!known(view(both, 'h1')).some((line) => line.startsWith('10.0.0.50 ')));
  });

  it('a pair that one port has with its own MAC is as good as claimed; a wide one is not', () => {
    const one = view(changed('a2', { allowedPairs: [{ prefix: prefix('10.0.0.50/32'), mac: undefined }] }), 'h1');
    assert.ok(known(one).includes(`10.0.0.50 ${MAC.a2}`));
    const wide = view(changed('a2', { allowedPairs: [{ prefix: prefix('10.0.0.48/29'), mac: undefined }] }), 'h1');
    assert.equal(known(wide).length, 5);
  });

  it("a pair's MAC is the port's, unless another port may claim it", () => {
    const vrrp = '00:00:5e:00:01:07';
    const pairs = [{ prefix: prefix('10.0.0.50/32'), mac: mac(vrrp) }];
    const macsOf = (objects: Objects) => view(objects, 'h1').macs.map((one) => formatMac(one.mac));
    const alone = changed('a2', { allowedPairs: pairs });
    assert.ok(macsOf(alone).includes(vrrp));
    const both: Objects = {
      ...alone,
      lports: alone.lports.map((port) => (port.name === 'a3' ? { ...port, allowedPairs: pairs } : port)),
    };
    assert.ok(!macsOf(both).includes(vrrp));
    const [a3] = view(both, 'h1').lports.filter(({ name }) => name === 'a3');
    assert.deepEqual(a3!.macs.map(formatMac), [MAC.a3]);
    assert.equal(a3!.allowed.length, 2, 'it may send from it all the same');
  });

  it('does not depend on the order of the objects', () => {
    const turned: Objects = { ...sample, lports: sample.lports.toReversed(), rifs: sample.rifs.toReversed() };
    const sorted = (objects: Objects) => known(view(objects, 'h1')).sort();
    assert.deepEqual(sorted(turned), sorted(sample));
    assert.equal(formatIpv4(view(turned, 'h1').vteps[0]!.address as WireIpv4), '192.0.2.2');
  });
});
