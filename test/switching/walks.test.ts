import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode } from '../support/decode.js';
import { MAC, sample } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { arp, eth, icmp, ipv4, packet, udp } from '../support/layers.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const IP = { a1: '10.0.0.11', a2: '10.0.0.12', a3: '10.0.0.13', b1: '20.0.0.21', b2: '20.0.0.22' } as const;

/** A datagram of one VM, addressed at the Ethernet level to `dst`. */
function datagram(src: keyof typeof IP, dst: string, to: string, ttl = 64): Uint8Array {
  return packet(
    eth({ src: MAC[src], dst }),
    ipv4({ src: IP[src], dst: to, ttl }),
    udp({ sport: 4000, dport: 5000 }),
    new Uint8Array(20),
  );
}

const head = (octets: Uint8Array) => {
  const { eth: e, ipv4: i } = decode(octets);
  return { src: e!.src, dst: e!.dst, from: i?.src, to: i?.dst, ttl: i?.ttl };
};
const asks = (src: keyof typeof IP, target: string) =>
  packet(eth({ src: MAC[src], dst: BROADCAST }), arp({ op: 1, senderMac: MAC[src], senderIp: IP[src], targetIp: target }));

describe('walks of dvr.md 2', () => {
  it('F1 2.1: same host, same subnet: delivered unchanged, nothing on the fabric', () => {
    const w = new FabricWorld(sample);
    w.send('h1', 'a1', datagram('a1', MAC.a3, IP.a3));
    assert.deepEqual(w.on('h1').got('a3').map(head), [{ src: MAC.a1, dst: MAC.a3, from: IP.a1, to: IP.a3, ttl: 64 }]);
    assert.deepEqual(w.take(), []);
    assert.equal(w.on('h1').count('bridged'), 1);
    w.check();
  });

  it('F2 2.2: same host, routed: from the gateway of the other network, TTL one less, nothing on the fabric', () => {
    const w = new FabricWorld(sample);
    w.send('h1', 'a1', datagram('a1', MAC.gA, IP.b1));
    assert.deepEqual(w.on('h1').got('b1').map(head), [{ src: MAC.gB, dst: MAC.b1, from: IP.a1, to: IP.b1, ttl: 63 }]);
    assert.deepEqual(w.take(), []);
    assert.equal(w.on('h1').count('routed'), 1);
    w.check();
  });

  it('F3 2.3: another host, same subnet: VNI of the network, source unchanged', () => {
    const w = new FabricWorld(sample);
    w.send('h1', 'a1', datagram('a1', MAC.a2, IP.a2));
    const [crossing] = w.take();
    assert.deepEqual([crossing!.kind, crossing!.to, crossing!.segment], ['vxlan', '192.0.2.2', 1001]);
    assert.deepEqual(head(crossing!.octets), { src: MAC.a1, dst: MAC.a2, from: IP.a1, to: IP.a2, ttl: 64 });
    assert.deepEqual(w.on('h2').got('a2').map(head), [{ src: MAC.a1, dst: MAC.a2, from: IP.a1, to: IP.a2, ttl: 64 }]);
    w.check();
  });

  it('F4 F5 F13 2.4: another host, routed at the source: host MAC on the fabric, gateway restored; the reply is routed at its own host', () => {
    const w = new FabricWorld(sample);
    w.send('h1', 'a1', datagram('a1', MAC.gA, IP.b2));
    const [there] = w.take();
    assert.deepEqual([there!.to, there!.segment], ['192.0.2.2', 1002]);
    assert.deepEqual(head(there!.octets), { src: MAC.d1, dst: MAC.b2, from: IP.a1, to: IP.b2, ttl: 63 });
    assert.deepEqual(w.on('h2').got('b2').map(head), [{ src: MAC.gB, dst: MAC.b2, from: IP.a1, to: IP.b2, ttl: 63 }]);
    w.send('h2', 'b2', datagram('b2', MAC.gB, IP.a1));
    const [back] = w.take();
    assert.deepEqual([back!.to, back!.segment], ['192.0.2.1', 1001]);
    assert.deepEqual(head(back!.octets), { src: MAC.d2, dst: MAC.a1, from: IP.b2, to: IP.a1, ttl: 63 });
    assert.deepEqual(w.on('h1').got('a1').map(head), [{ src: MAC.gA, dst: MAC.a1, from: IP.b2, to: IP.a1, ttl: 63 }]);
    w.check();
  });

  it('F30 2.3: a broadcast reaches every other port once, and does not come back from the fabric', () => {
    const w = new FabricWorld(sample);
    const hello = packet(
      eth({ src: MAC.a1, dst: BROADCAST }),
      ipv4({ src: IP.a1, dst: '10.0.0.255' }),
      udp({ sport: 9, dport: 9 }),
    );
    w.send('h1', 'a1', hello);
    const got = ['a1', 'a3', 'b1'].map((port) => w.on('h1').got(port).length);
    assert.deepEqual(got, [0, 1, 0]);
    assert.deepEqual(
      ['a2', 'b2'].map((port) => w.on('h2').got(port).length),
      [1, 0],
    );
    assert.equal(w.take().length, 1);
    w.check();
  });
});

describe('ARP of dvr.md 2.11', () => {
  it('F20 F21: the gateway and known addresses are answered here: nobody else hears the question', () => {
    const w = new FabricWorld(sample);
    for (const [target, mac] of [
      ['10.0.0.1', MAC.gA],
      [IP.a2, MAC.a2],
      [IP.a3, MAC.a3],
    ] as const) {
      w.send('h1', 'a1', asks('a1', target));
      const [answer] = w.on('h1').got('a1').map(decode);
      assert.deepEqual([answer!.arp!.op, answer!.arp!.senderIp, answer!.arp!.senderMac], [2, target, mac]);
      assert.deepEqual([answer!.eth!.src, answer!.eth!.dst, answer!.arp!.targetMac], [mac, MAC.a1, MAC.a1]);
    }
    assert.deepEqual([w.on('h1').got('a3'), w.on('h2').got('a2'), w.take()], [[], [], []]);
    assert.equal(w.on('h1').count('arp_answered'), 3);
    w.check();
  });

  it('F22: who asks for its own address gets no answer', () => {
    const w = new FabricWorld(sample);
    w.send(
      'h1',
      'a1',
      packet(eth({ src: MAC.a1, dst: BROADCAST }), arp({ op: 1, senderMac: MAC.a1, senderIp: '0.0.0.0', targetIp: IP.a1 })),
    );
    assert.deepEqual(w.on('h1').got('a1'), []);
    w.check();
  });

  it('an unknown address is asked of everybody, with arp: strict of nobody', () => {
    const w = new FabricWorld(sample);
    w.send('h1', 'a1', asks('a1', '10.0.0.99'));
    assert.deepEqual([w.on('h1').got('a3').length, w.on('h2').got('a2').length], [1, 1]);
    const strict = new FabricWorld({ ...sample, networks: sample.networks.map((one) => ({ ...one, arp: 'strict' as const })) });
    strict.send('h1', 'a1', asks('a1', '10.0.0.99'));
    assert.deepEqual([strict.on('h1').got('a3').length, strict.take().length], [0, 0]);
    assert.equal(strict.on('h1').count('arp_unknown'), 1);
    strict.check();
  });

  it('F59: a router that needs a neighbour nobody knows asks in the name of its host, and the answer comes back to it', () => {
    // b2 is not bound to an address anybody knows: the port answers for a pair that is a whole range.
    const silent = {
      ...sample,
      lports: sample.lports.map((port) =>
        port.name === 'b2'
          ? {
              ...port,
              allowedPairs: [{ prefix: { address: 0x0000_0014, mask: 0x00ff_ffff, length: 24 } as never, mac: undefined }],
            }
          : port,
      ),
    };
    const w = new FabricWorld(silent);
    w.send('h1', 'a1', datagram('a1', MAC.gA, '20.0.0.77'));
    assert.equal(w.on('h1').count('queued'), 1);
    const [probe] = w.take();
    const asked = decode(probe!.octets);
    assert.deepEqual(
      [asked.eth!.src, asked.arp!.senderMac, asked.arp!.senderIp, asked.arp!.targetIp],
      [MAC.d1, MAC.d1, '20.0.0.1', '20.0.0.77'],
    );
    const [question] = w.on('h2').got('b2').map(decode);
    assert.deepEqual([question!.eth!.src, question!.arp!.senderMac], [MAC.gB, MAC.gB], "the port sees its own gateway's MAC");
    const reply = arp({ op: 2, senderMac: MAC.b2, senderIp: '20.0.0.77', targetMac: MAC.gB, targetIp: '20.0.0.1' });
    w.send('h2', 'b2', packet(eth({ src: MAC.b2, dst: MAC.gB }), reply));
    const [relayed, routed] = w.take();
    assert.deepEqual([decode(relayed!.octets).eth!.dst, decode(relayed!.octets).arp!.senderIp], [MAC.d1, '20.0.0.77']);
    assert.deepEqual(head(routed!.octets), { src: MAC.d1, dst: MAC.b2, from: IP.a1, to: '20.0.0.77', ttl: 63 });
    assert.deepEqual(w.on('h2').got('b2').map(head).at(-1)!.src, MAC.gB);
    w.check();
  });
});

describe('the router itself (dvr.md 2.14)', () => {
  it('F26: echo to any of its addresses, whatever the TTL, is answered where it is asked', () => {
    const w = new FabricWorld(sample);
    for (const to of ['10.0.0.1', '20.0.0.1']) {
      w.send(
        'h1',
        'a1',
        packet(eth({ src: MAC.a1, dst: MAC.gA }), ipv4({ src: IP.a1, dst: to, ttl: 1 }), icmp({ type: 8, id: 7, seq: 1 })),
      );
      const [reply] = w.on('h1').got('a1').map(decode);
      assert.deepEqual([reply!.eth!.src, reply!.ipv4!.src, reply!.ipv4!.ttl, reply!.icmp!.type], [MAC.gA, to, 64, 0]);
    }
    assert.deepEqual(w.take(), []);
    w.check();
  });

  it('F27: the hop says so by the address it was asked at', () => {
    const w = new FabricWorld(sample);
    w.send('h1', 'a1', datagram('a1', MAC.gA, IP.b2, 1));
    const [error] = w.on('h1').got('a1').map(decode);
    assert.deepEqual([error!.ipv4!.src, error!.icmp!.type, error!.eth!.src], ['10.0.0.1', 11, MAC.gA]);
    w.check();
  });
});
