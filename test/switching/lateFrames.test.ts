import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RELAY_MS } from '../../src/control/dvr/ports/portMoves.js';
import type { Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { MAC, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { eth, icmp, ipv4, packet, udp } from '../support/layers.js';
import { boundTo, withPort } from '../support/migrating.js';

const there = boundTo(sample, 'a1', 'h2');

const bridged = (src: string, from: string, dst: string, to: string) =>
  packet(eth({ src, dst }), ipv4({ src: from, dst: to }), udp({ sport: 4000, dport: 5000 }), new Uint8Array(20));
const toA1 = bridged(MAC.a2, '10.0.0.12', MAC.a1, '10.0.0.11');
const linesOf = (w: FabricWorld) =>
  w.take().map(({ kind, from, to, octets }) => {
    const { eth: e } = decode(octets);
    return `${kind} ${from}>${to} ${e!.src}>${e!.dst}`;
  });

describe('late frames (2.16)', () => {
  /** All but `stale` know that a1 has moved. */
  const moved = (...stale: string[]): FabricWorld => {
    const w = new FabricWorld(sample);
    for (const name of ['h1', 'h2', 'n']) if (!stale.includes(name)) w.on(name).use(there, []);
    w.settle();
    return w;
  };
  const third = withPort(sample, 'b2', { host: 'n' });

  it('go on to where the port went: bridged ones as they are', () => {
    const objects = withPort(sample, 'a2', { host: 'n' });
    const w = new FabricWorld(objects);
    for (const name of ['h1', 'h2']) w.on(name).use(boundTo(objects, 'a1', 'h2'), []);
    w.settle();
    w.send('n', 'a2', toA1);
    assert.deepEqual(linesOf(w), [`vxlan n>192.0.2.1 ${MAC.a2}>${MAC.a1}`, `vxlan h1>192.0.2.2 ${MAC.a2}>${MAC.a1}`]);
    assert.equal(w.on('h1').count('relayed'), 1);
    assert.deepEqual(w.on('h2').got('a1'), [toA1]);
    w.check();
  });

  it('routed ones with the MAC of the host that routed them, which gives way to the gateway where the port is', () => {
    const w = new FabricWorld(third);
    for (const name of ['h1', 'h2']) w.on(name).use(boundTo(third, 'a1', 'h2'), []);
    w.settle();
    w.send('n', 'b2', packet(eth({ src: MAC.b2, dst: MAC.gB }), ipv4({ src: '20.0.0.22', dst: '10.0.0.11' }), icmp({ type: 8 })));
    assert.deepEqual(linesOf(w), [`vxlan n>192.0.2.1 ${MAC.dN}>${MAC.a1}`, `vxlan h1>192.0.2.2 ${MAC.dN}>${MAC.a1}`]);
    const [got] = w.on('h2').got('a1');
    assert.deepEqual([decode(got!).eth!.src, decode(got!).ipv4!.ttl], [MAC.gA, 63]);
    w.check();
  });

  it('for 5 s, whatever tables are built meanwhile, and not after', () => {
    const w = moved('n');
    const at = (ms: number, objects: Objects): number => {
      w.on('h1').advance(ms);
      w.on('h1').use(objects, []);
      w.on('h1').arrive({ kind: 'vxlan', from: 'n', to: '', segment: 1001, octets: late }, w.source('n'));
      w.settle();
      return w.on('h1').count('relayed');
    };
    const n = withPort(there, 'a2', { host: 'n' });
    const late = toA1;
    assert.equal(at(100, n), 1);
    assert.equal(at(RELAY_MS - 200, { ...n, claims: [] } as Objects), 2);
    assert.equal(at(100, n), 2, 'over');
    assert.equal(w.on('h1').count('split_horizon'), 1);
  });

  it('the tables themselves know when it is over: nobody has to build others', () => {
    const objects = withPort(sample, 'a2', { host: 'n' });
    const w = new FabricWorld(objects);
    w.on('h1').use(boundTo(objects, 'a1', 'h2'), []);
    w.settle();
    w.on('h1').advance(RELAY_MS);
    w.on('h1').arrive({ kind: 'vxlan', from: 'n', to: '', segment: 1001, octets: toA1 }, w.source('n'));
    w.settle();
    assert.deepEqual([w.on('h1').count('relayed'), w.on('h1').count('split_horizon')], [0, 1]);
  });

  it('not back to the host they came from, nor when they were passed on before', () => {
    const w = moved();
    const arrive = (from: string, octets: Uint8Array) => {
      w.on('h1').arrive({ kind: 'vxlan', from, to: '', segment: 1001, octets }, w.source(from));
      w.settle();
      return w.on('h1').count('relayed');
    };
    assert.equal(arrive('h2', toA1), 0, 'from where it is now');
    assert.equal(arrive('n', toA1), 0, 'a2 is not at n: n has passed it on');
    assert.equal(arrive('n', bridged('02:00:00:00:00:99', '10.0.0.12', MAC.a1, '10.0.0.11')), 0, 'of nobody');
    assert.deepEqual([w.on('h1').count('split_horizon'), linesOf(w)], [3, []]);
  });

  it('two hosts that each take the port for the other one pass nothing round', () => {
    const objects = withPort(sample, 'a2', { host: 'n' });
    const [atH1, atH2] = [objects, boundTo(objects, 'a1', 'h2')];
    const w = new FabricWorld(atH1);
    // h2 has seen it come and go, h1 knows of the way there only.
    for (const seen of [atH2, atH1]) {
      w.on('h2').use(seen, []);
      w.settle();
    }
    w.on('h1').use(atH2, []);
    w.settle();
    w.send('n', 'a2', toA1);
    assert.deepEqual(linesOf(w), [`vxlan n>192.0.2.1 ${MAC.a2}>${MAC.a1}`, `vxlan h1>192.0.2.2 ${MAC.a2}>${MAC.a1}`]);
    assert.deepEqual([w.on('h1').count('relayed'), w.on('h2').count('relayed'), w.on('h2').count('split_horizon')], [1, 0, 1]);
    w.check();
  });

  it('three hosts, each a step behind the next, pass nothing round either', () => {
    const objects = withPort(sample, 'b2', { host: 'h1' });
    const path = ['h1', 'h2', 'n', 'h1'].map((host) => boundTo(objects, 'a1', host));
    const w = new FabricWorld(path[0]!);
    for (const [name, steps] of [
      ['h1', 2],
      ['h2', 3],
      ['n', 4],
    ] as const)
      for (const seen of path.slice(0, steps)) {
        w.on(name).use(seen, []);
        w.settle();
      }
    w.send('h2', 'a2', toA1);
    const crossed = linesOf(w);
    assert.ok(crossed.length <= 2, crossed.join('\n'));
    w.check();
  });

  it('of a port that was unbound, is down, or is back there are none', () => {
    const n = withPort(sample, 'a2', { host: 'n' });
    for (const after of [
      withPort(n, 'a1', { host: undefined, device: undefined }),
      withPort(boundTo(n, 'a1', 'h2'), 'a1', { adminUp: false }),
      n,
    ]) {
      const w = new FabricWorld(n);
      for (const objects of [boundTo(n, 'a1', 'h2'), after]) {
        w.on('h1').use(objects, []);
        w.settle();
      }
      w.send('n', 'a2', toA1);
      assert.equal(w.on('h1').count('relayed'), 0);
    }
  });

  it('of a VLAN there are none: its switches learn where the port is', () => {
    const vlan: Objects = {
      ...sample,
      networks: sample.networks.map((one) => (one.name === 'blue' ? { ...one, type: 'vlan', id: 7, physnet: 'physnet1' } : one)),
    };
    const w = new FabricWorld(vlan);
    w.on('h1').use(boundTo(vlan, 'a1', 'h2'), []);
    w.settle();
    w.send('h2', 'a2', toA1);
    assert.deepEqual([w.take().length, w.on('h1').count('relayed'), w.on('h1').count('split_horizon')], [1, 0, 1]);
  });
});
