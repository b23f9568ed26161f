import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import { EtherType, ethernet, icmp, ipv4, Protocol, readIpv4, udp } from '../support/packets.js';
import { pause, scenario } from '../support/scenario.js';

scenario(
  'record route and timestamp options pass unchanged, source routes are dropped',
  { folder: 'ip-options' },
  async (bed) => {
    const mac = bed.gatewayMac('client', '1.1.100.1');
    for (const option of ['-R', '-T tsonly']) {
      assert.match(bed.on('client', `ping ${option} -c 2 -i 0.05 -w 5 ${SERVER}`), /2 received/);
    }
    const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
    const ends = { source: '1.1.1.1', destination: SERVER };
    const datagram = udp(ends, { source: 6000, destination: 6001 }, Buffer.from('with options'));
    const passed = {
      'router alert': '94040000',
      'record route': '070b04' + '00'.repeat(8) + '00',
      timestamp: '440c0500' + '00'.repeat(8),
      unknown: '5e0401020000',
    };
    for (const [name, hex] of Object.entries(passed)) {
      wan.clear();
      const packet = ipv4({ ...ends, protocol: Protocol.Udp, options: Buffer.from(hex, 'hex') }, datagram);
      const sent = packet.subarray(20, (packet[0]! & 15) * 4).toString('hex');
      lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, packet));
      const frames = await wan.until((all) => all.some(({ frame }) => readIpv4(frame)?.destinationPort === 6001));
      const arrived = frames
        .flatMap(({ frame }) => readIpv4(frame) ?? [])
        .find(({ destinationPort }) => destinationPort === 6001)!;
      assert.equal(arrived.options.toString('hex'), sent, name);
      assert.equal(arrived.ttl, 63);
      assert.deepEqual(wan.verifyChecksums().wrong, []);
    }

    wan.clear();
    const before = (await bed.read.drops()).source_route!;
    for (const kind of [0x83, 0x89]) {
      const options = Buffer.from([kind, 7, 4, 1, 2, 1, 4, 0]);
      lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, ipv4({ ...ends, protocol: Protocol.Udp, options }, datagram)));
      lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, ipv4({ ...ends, protocol: Protocol.Icmp, options }, icmp(8, 0, 1, 1))));
    }
    await pause(100);
    assert.deepEqual(
      wan.collect().flatMap(({ frame }) => readIpv4(frame) ?? []),
      [],
    );
    assert.equal((await bed.read.drops()).source_route, before + 4);
  },
);
