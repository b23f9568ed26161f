import assert from 'node:assert/strict';
import { type Bed, SERVER } from '../support/bed.js';
import { addressText, arp, EtherType, ethernet, etherType, macText } from '../support/packets.js';
import { pause, scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const BROADCAST = 'ff:ff:ff:ff:ff:ff';
const UNKNOWN = '00:00:00:00:00:00';

/** ARP packets that arrived. */
function arps(wire: Wire) {
  return wire.collect().flatMap(({ frame }) =>
    etherType(frame) === EtherType.Arp
      ? [
          {
            operation: frame.readUInt16BE(20),
            from: macText(frame.subarray(6, 12)),
            senderMac: macText(frame.subarray(22, 28)),
            sender: addressText(frame.subarray(28, 32)),
            target: addressText(frame.subarray(38, 42)),
          },
        ]
      : [],
  );
}

let early: Wire;

/** The device exists before the gateway, so that its first frames can be seen. */
function listenFirst(bed: Bed): void {
  if (bed.kind === 'tap') {
    bed.on('server', 'ip tuntap add dev wan mode tap multi_queue vnet_hdr');
    bed.on('server', 'ip link set wan up');
  }
  early = bed.wire('wan');
}

scenario(
  'Z29 zone addresses are announced, answered with our MAC, and on no device',
  { folder: 'arp', before: listenFirst },
  async (bed) => {
    const zoneAddresses = ['1.2.100.1', '1.2.100.2'];
    await early.until(() => arps(early).length >= 3);
    const announced = arps(early).filter(({ sender, target }) => sender === target);
    for (const address of [...zoneAddresses, '1.2.100.4']) {
      assert.ok(
        announced.some(({ sender }) => sender === address),
        `${address} is announced`,
      );
    }
    const mac = announced[0]!.senderMac;
    for (const one of announced) assert.deepEqual([one.senderMac, one.from], [mac, mac]);

    for (const address of zoneAddresses) {
      early.clear();
      early.send(ethernet(BROADCAST, early.mac, EtherType.Arp, arp(1, early.mac, SERVER, UNKNOWN, address)));
      await early.until(() => arps(early).some(({ operation }) => operation === 2));
      const answers = arps(early).filter(({ operation }) => operation === 2);
      assert.deepEqual(
        answers.map(({ sender, senderMac, from, target }) => [sender, senderMac, from, target]),
        [[address, mac, mac, SERVER]],
      );
    }
    assert.notEqual(mac, early.mac, "the MAC is the gateway's own, not the device's");
    const addresses = [bed.netns('client'), bed.netns('server'), undefined]
      .map((netns) => bed.sandbox.run(netns, 'ip -o addr'))
      .join('');
    for (const address of zoneAddresses) assert.ok(!addresses.includes(` ${address}/`), `${address} is configured nowhere`);

    early.clear();
    early.send(ethernet(BROADCAST, early.mac, EtherType.Arp, arp(1, early.mac, SERVER, UNKNOWN, '1.2.100.9')));
    const lan = bed.wire('lan');
    lan.send(ethernet(BROADCAST, lan.mac, EtherType.Arp, arp(1, lan.mac, '1.1.1.1', UNKNOWN, '1.2.100.1')));
    await pause(100);
    assert.deepEqual(
      [...arps(early), ...arps(lan)],
      [],
      'no answer for an address that is not ours, nor for a zone address on the inside',
    );
  },
);
