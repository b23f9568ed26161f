import assert from 'node:assert/strict';
import { CLIENT, client, SERVER, server } from '../support/bed.js';
import { addressText, arp, EtherType, ethernet, etherType, ipv4, macText, Protocol, readIpv4, udp } from '../support/packets.js';
import { pause, scenario } from '../support/scenario.js';
import type { Captured, Wire } from '../support/wire.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const UNKNOWN = '00:00:00:00:00:00';
const links = [
  { ...client, addresses: [], routes: [] },
  { ...server, addresses: [] },
];

/**
 * A host on a VLAN. It is played by the test, frame by frame, because not every kernel has VLAN devices.
 */
class TaggedHost {
  readonly #answered = new WeakSet<Captured>();

  constructor(
    readonly wire: Wire,
    readonly vlan: number,
    readonly address: string,
  ) {}

  send(destination: string, type: number, payload: Uint8Array): void {
    const tag = Buffer.alloc(4);
    tag.writeUInt16BE(this.vlan, 0);
    tag.writeUInt16BE(type, 2);
    this.wire.send(ethernet(destination, this.wire.mac, EtherType.Vlan, Buffer.concat([tag, payload])));
  }

  /** Asks for an address and returns the MAC of the answer. */
  async resolve(address: string): Promise<string> {
    this.send(BROADCAST, EtherType.Arp, arp(1, this.wire.mac, this.address, UNKNOWN, address));
    const isAnswer = ({ frame }: Captured) => etherType(frame) === EtherType.Arp && frame.readUInt16BE(20) === 2;
    const answer = (await this.wire.until((all) => all.some(isAnswer))).find(isAnswer)!;
    assert.equal(answer.vlan, this.vlan, 'the answer carries the tag');
    return macText(answer.frame.subarray(22, 28));
  }

  /** The gateway's questions so far, by whichever worker, are answered once each. */
  #answer(all: readonly Captured[]): void {
    for (const captured of all) {
      const { frame, vlan } = captured;
      if (this.#answered.has(captured) || etherType(frame) !== EtherType.Arp || vlan !== this.vlan) continue;
      this.#answered.add(captured);
      if (frame.readUInt16BE(20) !== 1 || addressText(frame.subarray(38, 42)) !== this.address) continue;
      const [mac, address] = [macText(frame.subarray(22, 28)), addressText(frame.subarray(28, 32))];
      this.send(mac, EtherType.Arp, arp(2, this.wire.mac, this.address, mac, address));
    }
  }

  /** The first datagram to a port that arrives. */
  async datagram(port: number) {
    const wanted = ({ frame }: Captured) => readIpv4(frame)?.destinationPort === port;
    const arrived = (all: readonly Captured[]): boolean => {
      this.#answer(all);
      return all.some(wanted);
    };
    const { frame, vlan } = (await this.wire.until(arrived)).find(wanted)!;
    assert.equal(vlan, this.vlan);
    return readIpv4(frame)!;
  }
}

scenario('tagged router interfaces translate between their VLANs', { folder: 'vlan', links }, async (bed) => {
  const inside = new TaggedHost(bed.wire('lan'), 10, CLIENT);
  const outside = new TaggedHost(bed.wire('wan'), 20, SERVER);
  const lanMac = await inside.resolve('1.1.100.1');
  const wanMac = await outside.resolve('1.2.100.1');

  for (const octets of [0, 100, 1472]) {
    const ask = { source: CLIENT, destination: SERVER };
    const port = 6000 + octets;
    const asking = udp(ask, { source: 5000, destination: port }, Buffer.alloc(octets, 0x31));
    inside.send(lanMac, EtherType.Ipv4, ipv4({ ...ask, protocol: Protocol.Udp }, asking));
    const out = await outside.datagram(port);
    assert.deepEqual([out.ttl, out.l4.length], [63, octets + 8]);
    assert.match(out.source, /^1\.2\.100\.[12]$/);

    const reply = { source: SERVER, destination: out.source };
    const answering = udp(reply, { source: port, destination: out.sourcePort }, Buffer.alloc(octets, 0x32));
    inside.wire.clear();
    outside.send(wanMac, EtherType.Ipv4, ipv4({ ...reply, protocol: Protocol.Udp }, answering));
    const back = await inside.datagram(5000);
    assert.deepEqual([back.source, back.destination, back.ttl, back.l4.length], [SERVER, CLIENT, 63, octets + 8]);
    assert.deepEqual(inside.wire.verifyChecksums().wrong, []);
  }
  assert.deepEqual(outside.wire.verifyChecksums().wrong, []);

  const before = (await bed.read.drops()).vlan_unknown!;
  const stray = ipv4({ source: CLIENT, destination: SERVER, protocol: Protocol.Udp }, Buffer.alloc(8));
  new TaggedHost(inside.wire, 11, CLIENT).send(lanMac, EtherType.Ipv4, stray);
  inside.wire.send(ethernet(lanMac, inside.wire.mac, EtherType.Ipv4, stray));
  await pause(100);
  assert.equal((await bed.read.drops()).vlan_unknown, before + 2, 'another tag, or none, is not ours');
});
