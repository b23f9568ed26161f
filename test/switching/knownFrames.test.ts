import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_RULES, type RuleConfig } from '../../src/config/routingConfig.js';
import type { Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { MAC } from '../support/dvrSample.js';
import type { FabricWorld } from '../support/fabric.js';
import { floatingSample, fromUpstream, withExternal } from '../support/floatingSample.js';
import { crossed, exitMacOf, FIP, floatingWorld, from, guest, internet, WORLD } from '../support/floatingWorld.js';
import { eth, icmp, ipv4, packet, udp, vlan } from '../support/layers.js';
import { SNAT_MAC } from '../support/snatSample.js';

const EXTERNAL_VLAN = 77;

/** Datagrams of a1 to the world with these destination ports leave by the wire: how many. */
function leave(w: FabricWorld, dport: number): number {
  w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, {}, udp({ sport: 4000, dport })));
  return crossed(w).filter(({ octets }) => decode(octets).ipv4?.dst === WORLD).length;
}

/** A ping of a guest to the world and its answer; whether host `exit`, by which they pass, took both for known. */
function ping(w: FabricWorld, [host, name]: readonly [string, 'a1' | 'a2'], exit: string): boolean {
  const { known } = w.on(exit).cx;
  known.frame = -1;
  w.send(host, name, from(guest(name), MAC.gA, WORLD, {}, icmp({ type: 8, id: 77 })));
  const [out] = crossed(w)
    .filter(({ from: by }) => by === `${exit} wire`)
    .map(({ octets }) => decode(octets));
  const answer = from(internet, out!.eth!.src, out!.ipv4!.src, {}, icmp({ type: 0, id: out!.icmp!.id }));
  w.on(exit).arrive({ kind: 'wire', from: 'u', to: 'physnet1', segment: 0, octets: answer }, 0);
  w.settle();
  const got = w
    .on(host)
    .got(name)
    .map((octets) => decode(octets).icmp!);
  assert.deepEqual(
    got.map(({ type, id }) => [type, id]),
    [[0, 77]],
  );
  return known.frame === -1;
}

/** The reference topology with this rule more. */
function withRule(more: Partial<RuleConfig>): Objects {
  const rule: RuleConfig = { ...DEFAULT_RULES[1]!, priority: 100, action: { type: 'blackhole' }, ...more };
  const routers = floatingSample.routers.map((one) => ({ ...one, rules: [DEFAULT_RULES[0]!, rule, ...DEFAULT_RULES.slice(1)] }));
  return { ...floatingSample, routers };
}

/** What is kept of flows that enter routers (switching/knownFrames.ts), beside what the property test draws. */
describe('frames on networks that are known', () => {
  it('a header behind a VLAN tag is not taken for the same one without', () => {
    const w = floatingWorld(withExternal(floatingSample, { type: 'vlan', id: EXTERNAL_VLAN }));
    const f1 = exitMacOf(w, 'h1');
    const tagged = packet(
      eth({ src: SNAT_MAC.u, dst: f1 }),
      vlan({ id: EXTERNAL_VLAN }),
      ipv4({ src: WORLD, dst: FIP.a1 }),
      udp({ sport: 4000, dport: 5000 }),
    );
    for (let i = 0; i < 3; i++) fromUpstream(w, tagged);
    assert.equal(w.on('h1').got('a1').length, 3);
    const before = w.on('h1').count('network_unknown');
    fromUpstream(w, from(internet, f1, FIP.a1));
    assert.deepEqual([w.on('h1').got('a1').length, w.on('h1').count('network_unknown') - before], [0, 1]);
    w.check();
  });

  it('what is let in says nothing of what the gateway forwards next, nor of what a router answers in its place', () => {
    const w = floatingWorld(floatingSample);
    const { known } = w.on('h1').cx;
    const before = known.flows.slice();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, '10.0.0.1', {}, udp({ sport: 4000, dport: 5000 })));
    assert.equal(w.on('h1').got('a1').length, 1, 'port unreachable');
    assert.equal(known.entry, -1);
    assert.deepEqual(known.flows, before, 'neither packet passes');
    assert.equal(leave(w, 5000), 1);
    assert.notDeepEqual(known.flows, before, 'what passes is kept');
    w.check();
  });

  it('the second ping of a guest is known, by its floating address and through the service of another host', () => {
    const w = floatingWorld(floatingSample);
    for (const [way, exit] of [
      [['h1', 'a1'], 'h1'],
      [['h2', 'a2'], 'n'],
    ] as const)
      assert.deepEqual([ping(w, way, exit), ping(w, way, exit)], [false, true], way.join(' '));
    w.check();
  });

  it('where a rule looks at ports, one datagram says nothing of the next', () => {
    const w = floatingWorld(withRule({ ipProtocol: 17, dport: { low: 53, high: 53 } }));
    assert.deepEqual(
      [4000, 53, 4000, 53, 54].map((port) => leave(w, port)),
      [1, 0, 1, 0, 1],
    );
    w.check();
  });
});
