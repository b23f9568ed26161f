import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { EtherType, ethernet, ipv4, Protocol, readIpv4, TcpFlag, tcpFlags } from '../support/packets.js';
import { scenario } from '../support/scenario.js';

const HOST = '1.1.1.1';
const FORWARDED = '1.1.1.2';
const OWN = '1.2.100.50';
const LOCAL = '1.2.100.1';
const links = [{ ...client, addresses: ['1.1.1.1/16', '1.1.1.2/16', '1.1.1.3/16'] }, server];
const base = { folder: 'static-mappings', workers: [1, 2], links };

scenario(
  'STA-1 ZON-8 PRO-1 a host with an external address: TCP, UDP, ping, GRE, both ways, ports unchanged',
  base,
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    await inside.ask('serveTcp', { port: 7100 });
    const wan = bed.wire('wan');
    // From outside first, so that ARP for the address has to be answered.
    const into = await outside.ask('connect', { to: OWN, port: 7100, payload: 300_000 });
    assert.deepEqual([into.error, into.echoed], ['', 300_000]);
    assert.match((await inside.ask('accepted', { least: 1 }))[0]!, /^1\.2\.1\.4:/);
    assert.equal(bed.gatewayMac('server', OWN), bed.gatewayMac('server', '1.2.100.4'), 'our MAC');

    assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000, localPort: 5555 })).error, '');
    assert.deepEqual(await outside.ask('accepted', { least: 1 }), [`${OWN}:5555`]);
    assert.equal(await inside.ask('tcpEcho', { octets: 100_000 }), 1);

    await inside.ask('udpOpen', { address: HOST, port: 5300 });
    await outside.ask('udpOpen', { address: SERVER, port: 5400 });
    await outside.ask('udpSend', { local: 5400, to: OWN, port: 5300, text: 'in' });
    assert.deepEqual(await inside.ask('udpTaken', { local: 5300, least: 1 }), [{ from: `${SERVER}:5400`, text: 'in' }]);
    await inside.ask('udpSend', { local: 5300, to: SERVER, port: 5400, text: 'x'.repeat(4000) });
    const [out] = await outside.ask('udpTaken', { local: 5400, least: 1 });
    assert.deepEqual([out?.from, out?.text.length], [`${OWN}:5300`, 4000]);

    bed.on('client', `ping -c 3 -i 0.2 -w 5 -I ${HOST} ${SERVER}`);
    bed.on('server', `ping -c 3 -i 0.2 -w 5 -s 1400 ${OWN}`);

    const lan = bed.wire('lan');
    const [lanMac, wanMac] = [bed.gatewayMac('client', '1.1.100.1'), bed.gatewayMac('server', '1.2.100.4')];
    // Of a type for experiments (RFC 9542): of IPv4, tcpdump would judge what is inside, also where the server's kernel quotes it late.
    const tunnelled = Buffer.concat([Buffer.from([0, 0, 0x88, 0xb5]), Buffer.alloc(60, 0x47)]);
    for (const protocol of [Protocol.Gre, 50]) {
      lan.clear();
      wan.clear();
      lan.send(ethernet(lanMac, lan.mac, EtherType.Ipv4, ipv4({ source: HOST, destination: SERVER, protocol }, tunnelled)));
      wan.send(ethernet(wanMac, wan.mac, EtherType.Ipv4, ipv4({ source: SERVER, destination: OWN, protocol }, tunnelled)));
      for (const [wire, source, destination] of [
        [wan, OWN, SERVER],
        [lan, SERVER, HOST],
      ] as const) {
        const seen = (frames: readonly { frame: Buffer }[]) =>
          frames.flatMap(({ frame }) => {
            const packet = readIpv4(frame);
            return packet?.protocol === protocol ? [packet] : [];
          });
        const [packet, ...more] = seen(await wire.until((frames) => seen(frames).length > 0));
        assert.deepEqual([packet!.source, packet!.destination, packet!.ttl, more.length], [source, destination, 63, 0]);
        assert.deepEqual(packet!.l4, tunnelled);
      }
    }
    assert.deepEqual(wan.verifyChecksums().wrong, []);
    assert.deepEqual(lan.verifyChecksums().wrong, []);
  },
);

scenario(
  'STA-2 PRT-6 forwarded ports, answered from the port that was addressed, and given to nobody else',
  base,
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    await inside.ask('serveTcp', { port: 80 });
    await inside.ask('udpOpen', { address: FORWARDED, port: 53, echo: true });
    const wan = bed.wire('wan');
    // Dynamic mappings of the same host, and so many of another that every port of the pool is in use.
    const own = await inside.ask('hold', { to: SERVER, port: 7000, from: FORWARDED, count: 20 });
    assert.deepEqual(own, { held: 20, error: '' });
    const others = await inside.ask('hold', { to: SERVER, port: 7000, from: '1.1.1.3', count: 1024 });
    assert.deepEqual(others, { held: 1023, error: 'EHOSTUNREACH' }, 'all but the forwarded one');
    const ports = (await outside.ask('accepted', { least: 1023 })).map((from) => Number(from.split(':')[1]));
    assert.ok(!ports.includes(8080));

    wan.clear();
    const web = await outside.ask('connect', { to: LOCAL, port: 8080, payload: 300_000 });
    assert.deepEqual([web.error, web.echoed], ['', 300_000]);
    const answers = wan.collect().flatMap(({ frame }) => {
      const packet = readIpv4(frame);
      const isAnswer = packet !== undefined && tcpFlags(packet) === (TcpFlag.Syn | TcpFlag.Ack);
      return isAnswer ? [`${packet.source}:${packet.sourcePort}`] : [];
    });
    assert.deepEqual(answers, [`${LOCAL}:8080`]);
    const dns = await outside.ask('askUdp', { to: LOCAL, port: 8053, octets: 300 });
    assert.deepEqual([dns.error, dns.octets], ['', 300], 'a connected socket takes answers of that port only');
    assert.equal((await outside.ask('connect', { to: LOCAL, port: 8053, timeoutMs: 500 })).error, 'ETIMEDOUT', 'UDP alone');
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 3000 }), 1023);
  },
);
