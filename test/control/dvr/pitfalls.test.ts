import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostViewOf } from '../../../src/control/dvr/view/hostViewOf.js';
import type { LportObject, Objects } from '../../../src/objects/model.js';
import { formatIpv4 } from '../../../src/types/ipv4.js';
import { host, ip, lport, MAC, mac, rif, sample } from '../../support/dvrSample.js';

/** Faults of other routers in the field (dvr.md 7, docs/pitfalls.md) that are about who knows what. */

const BASE = { mac: mac('fa:16:3f:00:00:00'), octets: 3 } as const;
const view = (objects: Objects, name = 'h1') => hostViewOf(objects, { name, mac: mac(MAC.d1), prefix: BASE });
const change = (name: string, to: Partial<LportObject>): Objects => ({
  ...sample,
  lports: sample.lports.map((port) => (port.name === name ? { ...port, ...to } : port)),
});
const neighbors = (objects: Objects): string[] =>
  view(objects).neighbors.map(({ rif: by, address }) => `${by} ${formatIpv4(address)}`);

describe('pitfalls of distributed routers: who knows what', () => {
  it('pitfall 12: a port is a neighbour of every router on its subnet', () => {
    const two: Objects = {
      ...sample,
      routers: [...sample.routers, { ...sample.routers[0]!, name: 's' }],
      rifs: [...sample.rifs, rif('s-orange', 's', 'orange4', 'fa:16:3e:00:00:12', '20.0.0.2')],
    };
    const of = neighbors(two).filter((one) => one.endsWith('20.0.0.22'));
    assert.deepEqual(of.sort(), ['qr-orange 20.0.0.22', 's-orange 20.0.0.22']);
  });

  it('pitfall 13: another address, another MAC: the neighbours of every host follow', () => {
    const moved = change('b2', { addresses: [ip('20.0.0.99')] });
    assert.ok(neighbors(moved).includes('qr-orange 20.0.0.99'));
    assert.ok(!neighbors(moved).includes('qr-orange 20.0.0.22'));
    const other = mac('fa:16:3e:00:0b:77');
    const known = view(change('b2', { mac: other })).known.find(({ address }) => address === ip('20.0.0.22'));
    assert.deepEqual(known!.mac, other);
  });

  it('pitfall 14: the first and the last port of a host come and go: it is in the flood lists as long as it has one', () => {
    const present = (objects: Objects) => view(objects).networks.find(({ name }) => name === 'orange')!.presentOn;
    assert.deepEqual(present(sample), ['h2']);
    assert.deepEqual(present(change('b2', { adminUp: false })), []);
    const second = { ...sample, lports: [...sample.lports, lport('b9', 'orange', 'fa:16:3e:00:0b:09', '20.0.0.29', 'h2')] };
    assert.deepEqual(present({ ...second, lports: second.lports.filter(({ name }) => name !== 'b2') }), ['h2']);
  });

  it('pitfall 39: names of hosts that begin alike are different hosts', () => {
    const alike: Objects = {
      ...sample,
      hosts: [...sample.hosts, { ...host('n', MAC.dN), name: 'h1.example' }],
      lports: sample.lports.map((port) => (port.name === 'a1' ? { ...port, host: 'h1.example' } : port)),
    };
    assert.ok(!view(alike).lports.some(({ name }) => name === 'a1'));
    assert.deepEqual(
      view(alike, 'h1.example').lports.map(({ name }) => name),
      ['a1'],
    );
  });

  it('pitfall 51: a port that moves finds the same gateway MAC at the next host', () => {
    const gateways = (name: string) => view(sample, name).routers.flatMap(({ rifs }) => rifs.map((one) => one.mac.join()));
    assert.deepEqual(gateways('h1'), gateways('h2'));
  });
});
