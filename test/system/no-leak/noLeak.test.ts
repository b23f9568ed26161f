import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { EtherType, ethernet, icmp, ipv4, Protocol, readIpv4, TcpFlag, tcp, udp } from '../support/packets.js';
import { pause, scenario } from '../support/scenario.js';

const links = [{ ...client, addresses: ['1.1.1.1/16', '172.31.0.5/24'] }, server];
const payload = Buffer.alloc(100, 0x55);

scenario(
  'Z14 nothing with an inside source leaves, translated or not at all',
  { folder: 'no-leak', links, workers: [1, 2] },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    const mac = bed.gatewayMac('client', '1.1.100.1');
    const [lan, wan] = [bed.wire('lan'), bed.wire('wan')];
    // The next hop is known: a frame that leaks would leave at once.
    assert.equal((await inside.ask('connect', { to: SERVER, port: 7000, payload: 10 })).error, '');

    const zoned = { source: '1.1.1.1', destination: SERVER };
    const unzoned = { source: '172.31.0.5', destination: SERVER };
    const ports = { source: 5555, destination: 7000 };
    const send = (fields: Parameters<typeof ipv4>[0], l4: Uint8Array) =>
      lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, ipv4(fields, l4)));
    const before = await bed.read.drops();
    for (const flags of [
      TcpFlag.Ack,
      TcpFlag.Ack | TcpFlag.Psh,
      TcpFlag.Fin | TcpFlag.Ack,
      TcpFlag.Rst,
      TcpFlag.Syn | TcpFlag.Ack,
    ]) {
      send({ ...zoned, protocol: Protocol.Tcp }, tcp(zoned, ports, flags, payload));
      send({ ...unzoned, protocol: Protocol.Tcp }, tcp(unzoned, ports, flags, payload));
    }
    send({ ...zoned, protocol: Protocol.Gre }, payload);
    send({ ...unzoned, protocol: Protocol.Gre }, payload);
    send({ ...zoned, protocol: 50 }, payload);
    send({ ...unzoned, protocol: Protocol.Icmp }, icmp(8, 0, 77, 1));
    send({ ...zoned, protocol: Protocol.Icmp }, icmp(13, 0, 77, 1));
    send(
      { ...zoned, protocol: Protocol.Icmp },
      icmp(3, 3, 0, 0, ipv4({ source: SERVER, destination: '1.1.1.1', protocol: 17 }, payload)),
    );
    send({ ...unzoned, protocol: Protocol.Udp }, udp(unzoned, ports, payload));
    const whole = udp(unzoned, ports, Buffer.alloc(2000, 0x44));
    send({ ...unzoned, protocol: Protocol.Udp, moreFragments: true }, whole.subarray(0, 1480));
    send({ ...unzoned, protocol: Protocol.Udp, fragmentOffset: 1480 }, whole.subarray(1480));
    // Waits for a first one that never comes.
    send({ ...zoned, protocol: Protocol.Udp, id: 0x4321, fragmentOffset: 1480 }, whole.subarray(1480));
    await pause(100);

    const sources = wan.collect().flatMap(({ frame }) => readIpv4(frame)?.source ?? []);
    assert.deepEqual([...new Set(sources)], ['1.2.100.1'], 'only what the first session sent');
    const after = await bed.read.drops();
    const grown = Object.fromEntries(
      Object.entries(after).flatMap(([reason, count]) => (count > before[reason]! ? [[reason, count - before[reason]!]] : [])),
    );
    // With several workers an answer to ARP may reach one that did not ask; the others are shown it.
    if (bed.workers > 1) delete grown.arp_unsolicited;
    assert.deepEqual(grown, { not_syn: 10, bad_protocol: 4, icmp_error: 1, no_zone: 3, fragment: 1 });
  },
);
