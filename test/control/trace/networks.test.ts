import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Verdict, verdictSpec } from '../../../src/shared/verdict.js';
import type { TraceAnswer } from '../../../src/types/trace.js';
import { decode } from '../../support/decode.js';
import { ip, MAC, prefix, sample } from '../../support/dvrSample.js';
import { FabricWorld } from '../../support/fabric.js';
import { eth, ipv4, packet, udp } from '../../support/layers.js';
import { Dice, mutate } from '../../support/mutate.js';
import { faultAt, found, foundAll, goOn, traceAt, traceFrameAt } from '../../support/networkTrace.js';
import { snatSample } from '../../support/snatSample.js';

/** What a trace says of the frame as it leaves, to be compared with the one that did. */
function leaving({ frame }: TraceAnswer) {
  const { sourceMac, destinationMac, source, destination, ttl } = frame!.after;
  return [sourceMac, destinationMac, source, destination, ttl];
}

function seen(octets: Uint8Array) {
  const { eth: e, ipv4: i } = decode(octets);
  return [e!.src, e!.dst, i!.src, i!.dst, i!.ttl];
}

function datagram(src: string, dst: string, from: string, to: string, ttl = 64): Uint8Array {
  return packet(eth({ src, dst }), ipv4({ src: from, dst: to, ttl }), udp({ sport: 49152, dport: 53 }));
}

const A1 = 'in=a1,src=10.0.0.11,proto=udp,dport=53';

describe('MET-4 a trace of a port of a network', () => {
  it('2.1 same host, same subnet: ARP, who has it, delivered unchanged', () => {
    const w = new FabricWorld(sample);
    const said = traceAt(w, 'h1', `${A1},dst=10.0.0.13`);
    w.send('h1', 'a1', datagram(MAC.a1, MAC.a3, '10.0.0.11', '10.0.0.13'));
    assert.deepEqual(leaving(said), seen(w.on('h1').got('a3')[0]!));
    assert.deepEqual(
      [said.verdict, said.dropped, said.leaves?.iface, said.leaves?.network, said.ask],
      ['bridged', false, 'a3', 'blue', ''],
    );
    assert.equal(found(said, 'port'), 'a1: tap tap-a1, network blue (VXLAN 1001), UP');
    assert.equal(found(said, 'arp'), `10.0.0.13 is on its network: this host answers with ${MAC.a3}, port a3 of this host`);
    assert.equal(found(said, 'to'), `${MAC.a3} is port a3 of this host`);
    assert.match(said.says, /^Delivered to port a3 as udp 10\.0\.0\.11:49152 > 10\.0\.0\.13:53, TTL 64\.$/);
  });

  it('2.2 same host, routed: gateway, router, rules, route, TTL, neighbour, and the frame on the other network', () => {
    const w = new FabricWorld(sample);
    const said = traceAt(w, 'h1', `${A1},dst=20.0.0.21`);
    w.send('h1', 'a1', datagram(MAC.a1, MAC.gA, '10.0.0.11', '20.0.0.21'));
    assert.deepEqual(leaving(said), seen(w.on('h1').got('b1')[0]!));
    assert.deepEqual(leaving(said).slice(0, 2), [MAC.gB, MAC.b1]);
    assert.deepEqual(
      said.steps.map(({ step }) => step),
      ['port', 'packet', 'arp', 'guard', 'to', 'router', 'rules', 'route', 'ttl', 'neighbor', 'size', 'sends', 'to', 'out'],
    );
    assert.match(found(said, 'arp')!, /^its gateway 10\.0\.0\.1 is asked for: .*, qr-blue of router r$/);
    assert.equal(found(said, 'router'), 'router r, by qr-blue (10.0.0.1/24)');
    assert.match(found(said, 'rules')!, /; 32766: from all lookup main -> decides: 20\.0\.0\.0\/24 dev qr-orange$/);
    assert.equal(found(said, 'neighbor'), '20.0.0.21 dev qr-orange PERMANENT');
    assert.equal(said.verdict, 'routed');
  });

  it('2.3 and 2.4 across hosts: the host MAC on the receiver’s VNI, and the command that goes on there', () => {
    const w = new FabricWorld(sample);
    const bridged = traceAt(w, 'h1', `${A1},dst=10.0.0.12`);
    assert.deepEqual(leaving(bridged).slice(0, 2), [MAC.a1, MAC.a2]);
    const said = traceAt(w, 'h1', `${A1},dst=20.0.0.22`);
    w.send('h1', 'a1', datagram(MAC.a1, MAC.gA, '10.0.0.11', '20.0.0.22'));
    const [crossed] = w.take();
    assert.deepEqual(leaving(said), seen(crossed!.octets));
    assert.deepEqual([said.leaves?.iface, said.leaves?.host, crossed!.segment], ['vxlan', 'h2', 1002]);
    assert.match(
      found(said, 'out')!,
      /^to host h2 by VXLAN 1002 \(192\.0\.2\.1 > 192\.0\.2\.2\) as \[fa:16:3f:09:34:f2 > .* ; VNI 1002 ; .* ; ttl 63\]$/,
    );
    assert.equal(
      said.ask,
      `windrose trace --packet 'network=orange,host=h1,smac=${MAC.d1},dmac=${MAC.b2},src=10.0.0.11,dst=20.0.0.22,proto=udp,sport=49152,dport=53,ttl=63' --name h2`,
    );
    const there = goOn(w, said);
    assert.deepEqual([there.verdict, there.leaves?.iface], ['bridged', 'b2']);
    assert.deepEqual(leaving(there), seen(w.on('h2').got('b2')[0]!));
    assert.deepEqual(leaving(there)[0], MAC.gB);
    assert.equal(found(there, 'guard'), `${MAC.d1} is the host MAC of h1: a router there has sent it on`);
    const same = goOn(w, bridged);
    assert.deepEqual([same.leaves?.iface, leaving(same)[0]], ['a2', MAC.a1]);
  });

  it('tells what it may not send, and what a router does not pass on', () => {
    const w = new FabricWorld(sample);
    const spoofed = traceAt(w, 'h1', 'in=a1,src=10.0.0.9,dst=20.0.0.22,proto=udp,dport=53');
    assert.equal(spoofed.steps.at(-1)!.step, 'guard');
    assert.match(
      spoofed.steps.at(-1)!.found,
      /with 10\.0\.0\.9 is not what a1 may send from: fa:16:3e:00:0a:01 with 10\.0\.0\.11\/32$/,
    );
    assert.deepEqual([spoofed.verdict, spoofed.leaves, spoofed.frame], ['spoof_ip', null, null]);
    const mac = traceAt(w, 'h1', `${A1},dst=20.0.0.22,smac=${MAC.gA}`);
    assert.equal(mac.verdict, 'infrastructure_mac');
    const tired = traceAt(w, 'h1', `${A1},dst=20.0.0.22,ttl=1`);
    assert.deepEqual([tired.verdict, tired.steps.at(-1)!.step], ['ttl_exceeded', 'ttl']);
    assert.match(tired.says, /The sender is told by ICMP 11\/0/);
    const nowhere = traceAt(w, 'h1', `${A1},dst=8.8.8.8`);
    assert.deepEqual([nowhere.verdict, nowhere.steps.at(-1)], ['no_route', { step: 'route', found: 'none' }]);
    const large = traceAt(w, 'h1', `${A1},dst=20.0.0.22,len=1500,df`);
    assert.deepEqual([large.verdict, large.steps.at(-1)!.step], ['fragmentation_needed', 'size']);
    const echo = traceAt(w, 'h1', 'in=a1,src=10.0.0.11,dst=20.0.0.1,proto=icmp');
    assert.deepEqual([echo.verdict, found(echo, 'to')], ['echo_answered', foundAll(echo, 'to')[0]]);
    assert.deepEqual(foundAll(echo, 'to').at(-1), '20.0.0.1 is the router itself');
    const self = traceAt(w, 'h1', `${A1},dst=10.0.0.11`);
    assert.equal(self.verdict, 'reflected');
  });

  it('says that nobody answers, where no frame is sent at all', () => {
    const said = traceAt(new FabricWorld(sample), 'h1', `${A1},dst=10.0.0.99`);
    assert.deepEqual([said.verdict, said.leaves], ['unanswered', null]);
    assert.equal(found(said, 'arp'), '10.0.0.99 is on network blue, and nobody there is known to have it');
  });

  it('goes in fragments where it may', () => {
    const said = traceAt(new FabricWorld(sample), 'h1', `${A1},dst=20.0.0.22,len=2000`);
    assert.deepEqual([said.verdict, said.leaves?.packets], ['routed', 2]);
  });

  it('takes what is for the metadata address from the path of routers', () => {
    const w = new FabricWorld(sample);
    const said = traceAt(w, 'h1', 'in=a1,src=10.0.0.11,dst=169.254.169.254,proto=tcp,dport=80');
    assert.deepEqual([said.verdict, said.steps.at(-1)!.step], ['metadata_no_proxy', 'metadata']);
    assert.match(said.says, /The sender gets an RST/);
    const files = { secretFile: undefined, caFile: undefined, netns: undefined };
    const limits = { connections: 16, newPerSecond: 50, range: prefix('100.100.0.0/16') };
    const served = new FabricWorld(sample, [], { metadata: { endpoint: 'http://127.0.0.1:1', ...files, ...limits } });
    const taken = traceAt(served, 'h1', 'in=a1,src=10.0.0.11,dst=169.254.169.254,proto=tcp,dport=80');
    assert.equal(taken.verdict, 'metadata', JSON.stringify(taken));
    assert.match(
      found(taken, 'metadata')!,
      /^to the metadata proxy of this host, 100\.100\.0\.1:9697, from 100\.100\.\d+\.\d+, which stands for 10\.0\.0\.11 of a1$/,
    );
    assert.equal(taken.leaves?.iface, 'metadata');
  });
});

describe('MET-4 words of a trace on networks', () => {
  const w = new FabricWorld(snatSample);
  for (const [where, word, said] of [
    ['h1', 'in=tap-a1', undefined],
    ['h1', 'in=blue', /^frames of network blue come through tunnels/],
    [
      'h1',
      'in=a2',
      /^port a2 is bound to host h2: ask there, windrose trace --packet 'in=a2,src=10\.0\.0\.11,dst=10\.0\.0\.13,proto=udp,dport=53' --name h2$/,
    ],
    [
      'h1',
      'in=nobody',
      /^there is no interface, port or network "nobody" on this host; there are .*ports a1, a3, b1; networks blue, orange$/,
    ],
    ['h1', 'network=green', /^there is no network "green" on this host; there are blue, orange$/],
    ['h1', 'network=blue', /^frames of network blue come through tunnels: say from which host, host=HOST; there are h2, n$/],
    ['h1', 'network=blue,host=h9', /^there is no other host "h9"; there are h2, n$/],
    ['h1', 'in=a1,host=h2', /^what comes in by port a1 is its own; host is for network=blue$/],
    ['h1', 'in=a1,vlan=5', /^a frame on a network has no tag/],
    ['h1', 'in=a1,dmac=fa:16', /^dmac: "fa:16" is not a MAC address/],
    ['h1', 'in=a1,network=blue', /^in and network: a packet comes in by one of them$/],
  ] as const)
    it(`${word} at ${where}: ${said === undefined ? 'a device does as well' : 'what there is'}`, () => {
      const asked = `${word},src=10.0.0.11,dst=10.0.0.13,proto=udp,dport=53`;
      if (said === undefined) assert.equal(traceAt(w, where, asked).verdict, 'bridged');
      else assert.match(faultAt(w, where, asked), said);
    });
});

describe('MET-4 a trace of a port without a source', () => {
  it('takes its only address; of several, or none, one has to be written', () => {
    const lports = sample.lports.map((port) => {
      if (port.name === 'a3') return { ...port, addresses: [ip('10.0.0.13'), ip('10.0.0.14')] };
      return port.name === 'b1' ? { ...port, addresses: [] } : port;
    });
    const w = new FabricWorld({ ...sample, lports });
    const said = traceAt(w, 'h1', 'in=a1,dst=10.0.0.12,proto=udp,dport=53');
    assert.equal(found(said, 'packet'), 'udp 10.0.0.11:49152 > 10.0.0.12:53, 28 octets, TTL 64');
    const echo = traceAt(w, 'h1', 'in=a1,dst=20.0.0.1,proto=icmp,id=7');
    assert.deepEqual(
      [echo.verdict, found(echo, 'packet')],
      ['echo_answered', 'icmp echo request 7 10.0.0.11 > 20.0.0.1, 28 octets, TTL 64'],
    );
    const fault = (port: string): string => faultAt(w, 'h1', `in=${port},dst=10.0.0.12,proto=udp,dport=53,sport=9`);
    assert.equal(fault('a3'), 'src is missing: port a3 has 10.0.0.13, 10.0.0.14; write one');
    assert.equal(fault('b1'), 'src is missing: port b1 has no address of its own; write one');
    assert.equal(
      fault('a2'),
      "port a2 is bound to host h2: ask there, windrose trace --packet 'in=a2,dst=10.0.0.12,proto=udp,sport=9,dport=53' --name h2",
    );
  });
});

describe('MET-4 a frame of a port as it came', () => {
  it('is judged by its own octets', () => {
    const w = new FabricWorld(sample);
    const said = traceFrameAt(w, 'h1', 'a1', datagram(MAC.a1, MAC.gA, '10.0.0.11', '20.0.0.21'));
    assert.deepEqual([said.verdict, said.leaves?.iface, found(said, 'arp')], ['routed', 'b1', undefined]);
    const spoofed = traceFrameAt(w, 'h1', 'a1', datagram(MAC.b1, MAC.gA, '10.0.0.11', '20.0.0.21'));
    assert.equal(spoofed.verdict, 'spoof_mac');
    const other = traceFrameAt(w, 'h1', 'a1', packet(eth({ src: MAC.a1, dst: MAC.a3, type: 0x88b5 }), new Uint8Array(46)));
    assert.deepEqual([other.verdict, other.frame], ['ethertype', null]);
  });
});

describe('MET-4 any octets that a port may send', () => {
  it('are judged as the host judges them', () => {
    const dice = new Dice(20_261);
    const w = new FabricWorld(sample);
    const whole = datagram(MAC.a1, MAC.gA, '10.0.0.11', '20.0.0.21');
    for (let i = 0; i < 150; i++) {
      const octets = mutate(whole, dice);
      if (octets.length < 14) continue;
      const said = traceFrameAt(w, 'h1', 'a1', octets);
      const before = verdictsOf(w);
      w.send('h1', 'a1', octets);
      const after = verdictsOf(w);
      const counted = [...after.keys()].filter((reason) => after.get(reason) !== before.get(reason));
      assert.ok(counted.includes(said.verdict), `${Buffer.from(octets).toString('hex')}: ${said.verdict}, counted ${counted}`);
      w.take();
    }
  });
});

function verdictsOf(w: FabricWorld): Map<string, number> {
  const { verdicts } = w.on('h1').state.counters;
  return new Map(Array.from({ length: Verdict.Count - 1 }, (_, i) => [verdictSpec(i + 1).reason, verdicts[i + 1]!] as const));
}
