import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FloatingIpObject, Objects } from '../../src/objects/model.js';
import { formatMac } from '../../src/types/mac.js';
import { decode } from '../support/decode.js';
import { ip, MAC, mac } from '../support/dvrSample.js';
import { floatingIp, floatingSample, fromUpstream, withExternal } from '../support/floatingSample.js';
import {
  crossed,
  exitMacOf,
  FIP,
  FIXED,
  floatingWorld,
  from,
  guest,
  head,
  internet,
  upstreamAsks,
  WORLD,
} from '../support/floatingWorld.js';
import { SNAT_MAC } from '../support/snatSample.js';

/** Who answers for an address on the external network: host, and the MAC it says. */
function answers(w: ReturnType<typeof floatingWorld>, address: string): unknown[] {
  upstreamAsks(w, address);
  return crossed(w).map(({ from: host, octets }) => [host, decode(octets).arp!.senderMac]);
}

const withFloating = (objects: Objects, change: (one: FloatingIpObject) => FloatingIpObject | undefined): Objects => {
  return { ...objects, floatingIps: objects.floatingIps.flatMap((one) => change(one) ?? []) };
};
const bound = (objects: Objects, name: string, host: string | undefined): Objects => ({
  ...objects,
  lports: objects.lports.map((port) => (port.name === name ? { ...port, host } : port)),
});

describe('floating IPs: where they are served', () => {
  it('F50 perFip: frames, questions and answers have the MAC of the floating IP, which moves with the guest; neighbours never learn another', () => {
    const w = floatingWorld(withExternal(floatingSample, { floatingMac: 'perFip' }));
    const own = formatMac(floatingSample.floatingIps[0]!.mac);
    assert.deepEqual(answers(w, FIP.a1), [['h1 wire', own]]);
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD));
    assert.deepEqual(head(crossed(w)[0]!.octets), [own, SNAT_MAC.u, FIP.a1, WORLD, 63]);
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, '192.168.1.77'));
    const asked = decode(crossed(w)[0]!.octets);
    assert.deepEqual([asked.eth!.src, asked.arp!.senderMac, asked.arp!.senderIp], [own, own, FIP.a1]);
    fromUpstream(w, from(internet, own, FIP.a1));
    assert.deepEqual(w.on('h1').got('a1').map(head), [[MAC.gA, MAC.a1, WORLD, FIXED.a1, 63]]);
    w.use(bound(withExternal(floatingSample, { floatingMac: 'perFip' }), 'a1', 'h2'));
    w.settle();
    w.take();
    assert.deepEqual(answers(w, FIP.a1), [['h2 wire', own]]);
    w.check();
  });

  it('F48: associated, taken away, given to another guest of the same host: the next frame goes by it', () => {
    const w = floatingWorld();
    const f1 = exitMacOf(w, 'h1');
    const toA1 = () => {
      fromUpstream(w, from(internet, f1, FIP.a1));
      return ['a1', 'a3'].map((port) => w.on('h1').got(port).map(head).length);
    };
    assert.deepEqual(toA1(), [1, 0]);
    const reserved = { lport: undefined, fixed: undefined, router: undefined };
    w.use(withFloating(floatingSample, (one) => (one.name === FIP.a1 ? { ...one, ...reserved } : one)));
    w.settle();
    assert.deepEqual([toA1(), w.on('h1').count('fip_not_here'), answers(w, FIP.a1)], [[0, 0], 1, []]);
    w.use(withFloating(floatingSample, (one) => (one.name === FIP.a1 ? floatingIp(FIP.a1, 'a3', FIXED.a3) : undefined)));
    w.settle();
    assert.deepEqual(toA1(), [0, 1]);
    w.use(floatingSample);
    w.settle();
    assert.deepEqual([toA1(), answers(w, FIP.a1)], [[1, 0], [['h1 wire', f1]]]);
    w.check();
  });

  it('F60 2.16: silent where its guest is migrating to, until it is bound there; then nobody answers where it was', () => {
    const migrating = { migratingTo: 'h2' };
    const objects = (lport: object): Objects => ({
      ...floatingSample,
      lports: floatingSample.lports.map((port) => (port.name === 'a1' ? { ...port, ...lport } : port)),
    });
    const w = floatingWorld(objects(migrating));
    assert.deepEqual(answers(w, FIP.a1), [['h1 wire', exitMacOf(w, 'h1')]]);
    w.use(objects({ host: 'h2' }));
    w.settle();
    assert.deepEqual(answers(w, FIP.a1), [['h2 wire', exitMacOf(w, 'h2')]]);
    w.check();
  });

  it('F49 2.10: with the SNAT service where it says so, where its port is not bound, and where the host has no way out', () => {
    const central = (objects: Objects): unknown => {
      const w = floatingWorld(objects);
      const mappings = w.on('n').view.services[0]!.staticMappings;
      assert.deepEqual(
        mappings.map(({ external, inside }) => [external.address, inside.address]),
        [[ip(FIP.a1), ip(FIXED.a1)]],
      );
      assert.ok(w.on('h1').view.exits.every(({ floating }) => floating.every(({ address }) => address !== ip(FIP.a1))));
      const said = answers(w, FIP.a1);
      w.check();
      return said;
    };
    const byService = [['n wire', SNAT_MAC.q]];
    const only = withFloating(floatingSample, (one) => (one.name === FIP.a1 ? one : undefined));
    assert.deepEqual(central(withFloating(only, (one) => ({ ...one, placement: 'centralized' }))), byService);
    assert.deepEqual(central(bound(only, 'a1', undefined)), byService);
    const other = (change: object): Objects => ({
      ...only,
      hosts: only.hosts.map((host) => (host.name === 'h1' ? { ...host, ...change } : host)),
    });
    assert.deepEqual(central(other({ mode: 'dvr_no_external' })), byService);
    assert.deepEqual(central(other({ physnets: [] })), byService);
  });

  it('2.10: of a virtual address it is where whoever has claimed it is; until then with the SNAT service', () => {
    const pair = { prefix: { address: ip('10.0.0.50'), mask: -1 as never, length: 32 }, mac: undefined };
    const lports = floatingSample.lports.map((port) => {
      return port.name === 'a1' || port.name === 'a2' ? { ...port, allowedPairs: [pair] } : port;
    });
    const vip = {
      ...floatingSample.lports[0]!,
      name: 'vip',
      addresses: [ip('10.0.0.50')],
      host: undefined,
      device: undefined,
      mac: mac('fa:16:3e:00:0a:50'),
    };
    const objects = { ...floatingSample, lports: [...lports, vip], floatingIps: [floatingIp(FIP.a1, 'vip', '10.0.0.50')] };
    const claim = (port: 'a1' | 'a2', host: string) => [
      { network: 'blue', address: ip('10.0.0.50'), mac: mac(MAC[port]), port, host, seq: 1, revision: 1 },
    ];
    const w = floatingWorld(objects);
    assert.deepEqual(answers(w, FIP.a1), [['n wire', SNAT_MAC.q]]);
    for (const [port, host] of [
      ['a1', 'h1'],
      ['a2', 'h2'],
    ] as const) {
      w.use(objects, claim(port, host));
      w.settle();
      assert.deepEqual(answers(w, FIP.a1), [[`${host} wire`, exitMacOf(w, host)]]);
    }
    w.check();
  });
});
