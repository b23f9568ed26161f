import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { MAC } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { floatingSample, fromUpstream } from '../support/floatingSample.js';
import { arp, eth, ipv4, packet, udp } from '../support/layers.js';
import { SNAT_MAC } from '../support/snatSample.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const WORLD = '8.8.8.8';
const UPSTREAM = '192.168.1.1';
const FIP = { a1: '192.168.1.101', a3: '192.168.1.103', b2: '192.168.1.102' } as const;
const FIXED = { a1: '10.0.0.11', a3: '10.0.0.13', b2: '20.0.0.22' } as const;

function datagram(from: { mac: string; ip: string }, dst: string, to: string, ttl = 64): Uint8Array {
  return packet(
    eth({ src: from.mac, dst }),
    ipv4({ src: from.ip, dst: to, ttl }),
    udp({ sport: 4000, dport: 5000 }),
    new Uint8Array(20),
  );
}

const guest = (name: keyof typeof FIXED) => ({ mac: MAC[name], ip: FIXED[name] });
const head = (octets: Uint8Array) => {
  const { eth: e, ipv4: i } = decode(octets);
  return [e!.src, e!.dst, i?.src, i?.dst, i?.ttl];
};

/** MAC of the exit of a host. */
function exitMacOf(w: FabricWorld, host: string): string {
  return Buffer.from(w.on(host).view.exits[0]!.rif.mac)
    .toString('hex')
    .replace(/..(?!$)/g, '$&:');
}

/** A world where the upstream router is known to all exits that ask for it. */
function world(objects: Objects = floatingSample): FabricWorld {
  const w = new FabricWorld(objects);
  for (const host of w.hosts.keys()) {
    for (const port of w.on(host).view.lports) {
      const own = port.name as keyof typeof FIXED;
      if (FIXED[own] === undefined) continue;
      w.send(host, own, datagram(guest(own), own === 'b2' ? MAC.gB : MAC.gA, WORLD));
    }
  }
  answerAsked(w);
  return w;
}

/** The upstream router answers who asks for it; returns what it heard beside that. */
function answerAsked(w: FabricWorld): Uint8Array[] {
  const rest: Uint8Array[] = [];
  for (const { kind, octets } of w.take()) {
    const a = decode(octets).arp;
    if (kind !== 'wire' || a?.op !== 1 || a.targetIp !== UPSTREAM) {
      rest.push(octets);
      continue;
    }
    const answer = arp({ op: 2, senderMac: SNAT_MAC.u, senderIp: UPSTREAM, targetMac: a.senderMac, targetIp: a.senderIp });
    fromUpstream(w, packet(eth({ src: SNAT_MAC.u, dst: a.senderMac }), answer));
  }
  return rest;
}

describe('floating IPs, walks of dvr.md 2.7 to 2.9', () => {
  it('F43 2.7: out from its own host by its exit, as the floating IP, one hop; nothing on the fabric', () => {
    const w = world();
    w.take();
    w.send('h1', 'a1', datagram(guest('a1'), MAC.gA, WORLD));
    const [out, ...more] = w.take();
    assert.deepEqual([out!.kind, out!.from, more], ['wire', 'h1', []]);
    assert.deepEqual(head(out!.octets), [exitMacOf(w, 'h1'), SNAT_MAC.u, FIP.a1, WORLD, 63]);
    w.check();
  });

  it('F44 2.7: in to the guest, from its gateway, TTL one less; asked for, one host answers with its exit', () => {
    const w = world();
    w.take();
    fromUpstream(
      w,
      packet(
        eth({ src: SNAT_MAC.u, dst: BROADCAST }),
        arp({ op: 1, senderMac: SNAT_MAC.u, senderIp: UPSTREAM, targetIp: FIP.a1 }),
      ),
    );
    const [answer, ...more] = w.take();
    const said = decode(answer!.octets);
    assert.deepEqual(
      [answer!.from, said.arp!.op, said.arp!.senderMac, said.arp!.senderIp, more],
      ['h1', 2, exitMacOf(w, 'h1'), FIP.a1, []],
    );
    fromUpstream(w, datagram({ mac: SNAT_MAC.u, ip: WORLD }, exitMacOf(w, 'h1'), FIP.a1));
    assert.deepEqual(w.on('h1').got('a1').map(head), [[MAC.gA, MAC.a1, WORLD, FIXED.a1, 63]]);
    assert.deepEqual(w.take(), []);
    w.check();
  });
});
