import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSnapshot } from '../../../../src/control/buildSnapshot.js';
import { macWords } from '../../../../src/control/dvr/tables/buildL2.js';
import { hostViewOf } from '../../../../src/control/dvr/view/hostViewOf.js';
import { StateIndex } from '../../../../src/control/stateIndex.js';
import { isHostMac, isOwnHostMac } from '../../../../src/tables/hostMacs.js';
import { L2, L2Kind, l2Find } from '../../../../src/tables/l2.js';
import { mayUseAddress, mayUseMac } from '../../../../src/tables/lports.js';
import { Network, networkOfSegment, SegType } from '../../../../src/tables/networks.js';
import { Responder, responderFind } from '../../../../src/tables/responder.js';
import { FIRST_LPORT, NETWORK_IFACE, Rif } from '../../../../src/tables/rifs.js';
import { stateOf } from '../../../../src/tables/state.js';
import { vtepOf } from '../../../../src/tables/vteps.js';
import { ip, MAC, mac, sample, VTEP } from '../../../support/dvrSample.js';
import { lan } from '../../../support/sample.js';
import { allocateWorld, configOf } from '../../../support/worldParts.js';

const key = { k0: 1, k1: 2 };
const config = configOf(lan);
const index = new StateIndex(stateOf(allocateWorld({}, 1, key), 0).ports);
const prefix = { mac: mac('fa:16:3f:00:00:00'), octets: 3 } as const;
const view = hostViewOf(sample, { name: 'h1', mac: mac(MAC.d1), prefix });
const { snapshot } = buildSnapshot(config, [1500, 1500, 1500], index, 1, 1, [], undefined, view);
const { networks, l2, lports, responder, vteps, hostMacs } = snapshot.switching;
const blue = index.network('blue');
const words = (text: string) => macWords(mac(text));
const where = (network: number, text: string) => l2.slots[l2Find(l2, network, ...words(text)) + L2.Where]!;

describe('tables of networks', () => {
  it('I1: a MAC has one answer: port here, other host, router interface, nobody', () => {
    assert.equal(where(blue, MAC.a1), (L2Kind.Port << 24) | index.lport('a1'));
    assert.equal(where(blue, MAC.a2), (L2Kind.Remote << 24) | vtepOf(vteps, ip(VTEP.h2)));
    assert.equal(where(blue, MAC.gA), (L2Kind.Rif << 24) | index.rif('qr-blue'));
    assert.equal(l2Find(l2, blue, ...words(MAC.b1)), -1, 'a MAC of another network');
    const at = l2Find(l2, blue, ...words(MAC.a1));
    assert.equal(l2.slots[at + L2.Gateway], index.rif('qr-blue'), "restores the gateway's MAC");
  });

  it('a VNI leads to its network, a GRE key or a VNI of nobody to none', () => {
    assert.equal(networkOfSegment(networks, SegType.Vxlan, 1001), blue);
    assert.equal(networkOfSegment(networks, SegType.Gre, 1001), -1);
    assert.equal(networkOfSegment(networks, SegType.Vxlan, 1003), -1);
    const row = blue * Network.Words;
    assert.equal(networks.rows[row + Network.Mtu], 1450);
    assert.deepEqual(
      [networks.rows[row + Network.PortCount], networks.rows[row + Network.VtepCount], networks.rows[row + Network.RifCount]],
      [2, 1, 1],
    );
  });

  it('what a port may send from', () => {
    const row = index.lport('a1') * 8;
    assert.ok(mayUseMac(lports, row, ...words(MAC.a1)));
    assert.ok(!mayUseMac(lports, row, ...words(MAC.a2)));
    assert.ok(mayUseAddress(lports, row, ...words(MAC.a1), ip('10.0.0.11')));
    assert.ok(!mayUseAddress(lports, row, ...words(MAC.a1), ip('10.0.0.12')));
    assert.equal(lports.ofIface[FIRST_LPORT + index.lport('a1')], index.lport('a1') + 1);
  });

  it('ARP is answered for ports of all hosts', () => {
    const at = responderFind(responder, blue, ip('10.0.0.12'));
    assert.deepEqual([responder.slots[at + Responder.MacA], responder.slots[at + Responder.MacB]], words(MAC.a2));
    assert.equal(responderFind(responder, blue, ip('20.0.0.22')), -1);
  });

  it('host MACs are told by their prefix, this host from the others', () => {
    assert.ok(isHostMac(hostMacs, ...words(MAC.d2)));
    assert.ok(!isHostMac(hostMacs, ...words(MAC.a1)));
    assert.ok(isOwnHostMac(hostMacs, ...words(MAC.d1)));
    assert.ok(!isOwnHostMac(hostMacs, ...words(MAC.d2)));
  });

  it('router interfaces of networks stand beside those of devices, with routes of their own', () => {
    const own = index.rif('qr-blue') * Rif.Words;
    const { rows } = snapshot.rifs;
    assert.deepEqual([rows[own + Rif.Iface], rows[own + Rif.Network], rows[own + Rif.Mtu]], [NETWORK_IFACE, blue, 1450]);
    const device = index.ifaceRif('lan') * Rif.Words;
    assert.deepEqual([rows[device + Rif.Network], rows[device + Rif.Router]], [-1, 0]);
    const { fibs } = snapshot.routers;
    assert.notEqual(fibs[rows[own + Rif.Router]!], fibs[0]);
    assert.equal(fibs[0], snapshot.fib);
  });

  it('an interface of the configuration that is called as one of networks has a row, a name in routes and neighbours of its own', () => {
    const yaml = lan
      .replaceAll(/\blan\b(?!:)/g, 'qr-blue')
      .concat('neighbors: [{ dev: qr-blue, address: 10.0.0.77, mac: "02:00:00:00:00:77" }]\n');
    const twice = configOf(yaml);
    const of = new StateIndex(stateOf(allocateWorld({}, 1, key), 0).ports);
    const { snapshot: made } = buildSnapshot(twice, [1500, 1500, 1500], of, 1, 1, [], undefined, view);
    const [device, network] = [of.ifaceRif('qr-blue'), of.rif('qr-blue')];
    assert.notEqual(device, network);
    const { rows } = made.rifs;
    assert.deepEqual([rows[device * Rif.Words + Rif.Router], rows[network * Rif.Words + Rif.Iface]], [0, NETWORK_IFACE]);
    const own = new Map<number, number>();
    for (let at = 0; at < made.permanent.length; at += 4) own.set(made.permanent[at + 1]!, made.permanent[at]!);
    assert.equal(own.get(ip('10.0.0.77')), device);
    assert.equal(own.get(ip('10.0.0.12')), network);
  });
});
