import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pino } from 'pino';
import { NO_SNAT_HOSTS } from '../../../../src/control/dvr/placement/snatPlacement.js';
import { ClaimFollower } from '../../../../src/control/dvr/ports/claimFollower.js';
import { hostViewOf } from '../../../../src/control/dvr/view/hostViewOf.js';
import { StateIndex } from '../../../../src/control/stateIndex.js';
import { type Claim, standingClaims } from '../../../../src/objects/claims.js';
import type { LportObject, Objects } from '../../../../src/objects/model.js';
import { claimNote } from '../../../../src/tables/claimNotes.js';
import { macHeadOf, macTailOf } from '../../../../src/tables/macWords.js';
import { stateOf } from '../../../../src/tables/state.js';
import { formatIpv4 } from '../../../../src/types/ipv4.js';
import { formatMac } from '../../../../src/types/mac.js';
import { ip, MAC, mac, prefix, sample } from '../../../support/dvrSample.js';
import { allocateWorld } from '../../../support/worldParts.js';

const BASE = { mac: mac('fa:16:3f:00:00:00'), octets: 3 } as const;
const VIP = '10.0.0.50';
const VRRP = '00:00:5e:00:01:07';

const change = (names: readonly string[], to: Partial<LportObject>, of: Objects = sample): Objects => ({
  ...of,
  lports: of.lports.map((port) => (names.includes(port.name) ? { ...port, ...to } : port)),
});
const pairs: Partial<LportObject> = {
  allowedPairs: [
    { prefix: prefix(`${VIP}/32`), mac: undefined },
    { prefix: prefix(`${VIP}/32`), mac: mac(VRRP) },
  ],
};
/** a1 and a3 on h1, and a2 on h2, may have the address. */
const objects = change(['a1', 'a2', 'a3'], pairs);

const claim = (port: string, own: string, at = 'h1', revision = 1): Claim => ({
  ...{ network: 'blue', address: ip(VIP), mac: mac(own), port, host: at, seq: 1, revision },
});
const see = (claims: readonly Claim[], of = objects, host = 'h1') => {
  const view = hostViewOf(of, { name: host, mac: mac(MAC.d1), prefix: BASE }, claims);
  const at = (all: readonly { network: string; address: number; mac: Uint8Array }[]) =>
    all.filter(({ address }) => address === ip(VIP)).map((one) => formatMac(one.mac));
  return {
    known: at(view.known),
    neighbors: view.neighbors
      .filter(({ address }) => address === ip(VIP))
      .map((one) => `${one.rif} ${formatIpv4(one.address)} ${formatMac(one.mac)}`),
    macsOf: (name: string) => view.lports.find((port) => port.name === name)!.macs.map(formatMac),
    remote: view.macs.map((one) => `${formatMac(one.mac)} ${one.host}`),
  };
};

describe('what follows from a claim (2.13)', () => {
  it('nobody knows a virtual address until it is claimed; then ARP is answered for it and every replica has it', () => {
    assert.deepEqual(see([]).known, []);
    const { known, neighbors } = see([claim('a3', MAC.a3)]);
    assert.deepEqual([known, neighbors], [[MAC.a3], [`qr-blue ${VIP} ${MAC.a3}`]]);
  });

  it('a MAC that several ports may have is where it was claimed last', () => {
    const both = [claim('a1', VRRP, 'h1', 5), { ...claim('a3', VRRP, 'h1', 7), address: ip('10.0.0.51') }];
    const more = change(
      ['a3'],
      { allowedPairs: [...pairs.allowedPairs!, { prefix: prefix('10.0.0.51/32'), mac: mac(VRRP) }] },
      objects,
    );
    assert.deepEqual([see(both, more).macsOf('a1'), see(both, more).macsOf('a3')], [[MAC.a1], [MAC.a3, VRRP]]);
    const elsewhere = see([claim('a2', VRRP, 'h2')]);
    assert.ok(elsewhere.remote.includes(`${VRRP} h2`));
    assert.deepEqual(see([claim('a1', VRRP)], objects, 'h2').remote.includes(`${VRRP} h1`), true);
  });

  it('a claim is lost when its port goes, moves, goes down or may not have it any more', () => {
    for (const to of [{ adminUp: false }, { host: undefined, device: undefined }, { host: 'h2' }, { allowedPairs: [] }])
      assert.deepEqual(see([claim('a3', MAC.a3)], change(['a3'], to, objects)).known, [], JSON.stringify(to));
    assert.deepEqual(see([claim('a3', MAC.a3)], { ...objects, lports: objects.lports.slice(0, 1) }).known, []);
  });

  it('it does not stand either, so that the store forgets it', () => {
    const of = (to: Partial<LportObject>) => standingClaims([claim('a3', MAC.a3)], change(['a3'], to, objects).lports).length;
    assert.deepEqual([of({}), of({ adminUp: false }), of({ host: 'h2' })], [1, 0, 0]);
  });

  it('what is as good as claimed gives way to a claim', () => {
    const one = change(['a3'], { allowedPairs: [{ prefix: prefix(`${VIP}/32`), mac: undefined }], portSecurity: false });
    assert.deepEqual(see([], one).known, [MAC.a3]);
    assert.deepEqual(see([claim('a3', VRRP)], one).known, [VRRP]);
  });

  it("nobody claims another port's own address or MAC, a range, or in another network", () => {
    const wide = change(['a3'], { allowedPairs: [{ prefix: prefix('10.0.0.0/24'), mac: undefined }] }, objects);
    assert.deepEqual(see([claim('a3', MAC.a3)], wide).known, []);
    const open = change(['a3'], { portSecurity: false }, objects);
    assert.deepEqual(see([{ ...claim('a3', MAC.a3), address: ip('10.0.0.11') }], open).known, []);
    assert.deepEqual(see([claim('a3', MAC.a1)], open).known, []);
    assert.deepEqual(see([claim('a3', MAC.a3)], open).known, [MAC.a3], 'one that others may have, without port security');
    const bare: Objects = { ...sample, lports: sample.lports.map((port) => ({ ...port, portSecurity: false })) };
    assert.deepEqual(see([claim('a3', MAC.a3)], bare).known, [], 'an address that nobody declared');
    assert.deepEqual(see([{ ...claim('a3', MAC.a3), network: 'orange' }]).known, []);
  });
});

describe('what ports of other hosts announce', () => {
  const said = async (own: string, source: string, shared = false, of = objects): Promise<string[]> => {
    const state = stateOf(allocateWorld({}, 1, { k0: 1, k1: 2 }), 0);
    const index = new StateIndex(state.ports);
    const put: string[] = [];
    const book = {
      now: { objects: of, claims: [], snatHosts: NO_SNAT_HOSTS, snatOwners: [], revision: 1 },
      host: 'h1',
      reachable: true,
      shared,
      claim: async (one: Omit<Claim, 'seq' | 'revision'>) => {
        put.push(`${one.port} ${one.host}`);
        return true;
      },
    };
    const blue = index.network('blue');
    claimNote(state.claims, blue, -1, ip(VIP), macHeadOf(mac(own)), macTailOf(mac(own)), ip(source), 0);
    await new ClaimFollower([state], index, book, pino({ level: 'silent' })).look();
    return put;
  };

  it('is the claim of the one port at that tunnel endpoint that may have it', async () => {
    assert.deepEqual(await said(MAC.a2, '192.0.2.2'), ['a2 h2']);
    assert.deepEqual(await said(VRRP, '192.0.2.2'), ['a2 h2']);
    assert.deepEqual(await said(MAC.a2, '192.0.2.3'), [], 'from where it is not');
    assert.deepEqual(await said(MAC.a1, '192.0.2.2'), [], 'a port of this host speaks for itself');
  });

  it('is left to its host where hosts share a store', async () => {
    assert.deepEqual(await said(MAC.a2, '192.0.2.2', true), []);
  });
});

describe('notes become claims', () => {
  it('the last of each address counts, and only what stands', async () => {
    const state = stateOf(allocateWorld({}, 1, { k0: 1, k1: 2 }), 0);
    const index = new StateIndex(state.ports);
    const [blue, a1, a3] = [index.network('blue'), index.lport('a1'), index.lport('a3')];
    const put: string[] = [];
    const book = {
      now: { objects, claims: [], snatHosts: NO_SNAT_HOSTS, snatOwners: [], revision: 1 },
      host: 'h1',
      reachable: true,
      shared: false,
      claim: async (one: Omit<Claim, 'seq' | 'revision'>) => {
        put.push(`${one.port} ${formatIpv4(one.address)} ${formatMac(one.mac)} ${one.host}`);
        return true;
      },
    };
    const follower = new ClaimFollower([state], index, book, pino({ level: 'silent' }));
    const note = (port: number, address: string, own: string) =>
      claimNote(state.claims, blue, port, ip(address), macHeadOf(mac(own)), macTailOf(mac(own)), 0, 0);
    note(a1, VIP, MAC.a1);
    note(a3, VIP, MAC.a3);
    note(a1, '10.0.0.77', MAC.a1);
    await follower.look();
    await follower.look();
    assert.deepEqual(put, [`a3 ${VIP} ${MAC.a3} h1`]);
  });

  it('a claim waits while the store does not answer, and is dropped when another host was heard meanwhile', async () => {
    const state = stateOf(allocateWorld({}, 1, { k0: 1, k1: 2 }), 0);
    const index = new StateIndex(state.ports);
    const [blue, a1, a3] = [index.network('blue'), index.lport('a1'), index.lport('a3')];
    const put: string[] = [];
    let answers = false;
    const book = {
      now: { objects, claims: [claim('a2', MAC.a2, 'h2', 4)], snatHosts: NO_SNAT_HOSTS, snatOwners: [], revision: 4 },
      host: 'h1',
      reachable: true,
      shared: false,
      claim: async (one: Omit<Claim, 'seq' | 'revision'>) => {
        if (!answers) throw new Error('away');
        put.push(one.port);
        return true;
      },
    };
    const follower = new ClaimFollower([state], index, book, pino({ level: 'silent' }));
    const note = (port: number, own: string) =>
      claimNote(state.claims, blue, port, ip(VIP), macHeadOf(mac(own)), macTailOf(mac(own)), 0, 0);
    note(a3, MAC.a3);
    await follower.look();
    book.reachable = false;
    answers = true;
    await follower.look();
    assert.deepEqual(put, []);
    book.reachable = true;
    await follower.look();
    await follower.look();
    assert.deepEqual(put, ['a3']);
    answers = false;
    note(a1, MAC.a1);
    await follower.look();
    answers = true;
    book.now = { objects, claims: [claim('a2', MAC.a2, 'h2', 9)], snatHosts: NO_SNAT_HOSTS, snatOwners: [], revision: 9 };
    await follower.look();
    book.now = { objects, claims: [], snatHosts: NO_SNAT_HOSTS, snatOwners: [], revision: 10 };
    await follower.look();
    assert.deepEqual(put, ['a3']);
  });
});
