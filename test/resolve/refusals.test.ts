import assert from 'node:assert/strict';
import { Verdict, verdictSpec } from '../../src/shared/verdict.js';
import { decode } from '../support/decode.js';
import { answerTo, echoOut, externalPort, tcpOut, udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, packet, tcp, udp } from '../support/layers.js';
import { GW, REMOTE } from '../support/sample.js';
import { World, worldTest } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

worldTest('Z14 GEN-6 GEN-7 no private leak: what cannot be translated never leaves', {}, (w) => {
  const from = '10.0.0.5';
  const lanEth = eth({ dst: GW.lan, src: macOf(from) });
  const ends = { src: from, dst: REMOTE };
  w.send(
    'lan',
    tcpOut(from, 1, 'A'),
    tcpOut(from, 1, 'SA'),
    tcpOut(from, 1, 'FA'),
    tcpOut(from, 1, 'R'),
    packet(lanEth, ipv4({ ...ends, protocol: 47 }), new Uint8Array(40)),
    packet(lanEth, ipv4({ ...ends, protocol: 50 }), new Uint8Array(40)),
    packet(lanEth, ipv4(ends), icmp({ type: 13, id: 1 }), new Uint8Array(12)),
    packet(lanEth, ipv4(ends), icmp({ type: 0, id: 1 })),
    packet(lanEth, ipv4(ends), icmp({ type: 3, code: 3 }), new Uint8Array(28)),
    packet(lanEth, ipv4(ends), icmp({ type: 3, code: 3 }), packet(ipv4({ src: REMOTE, dst: from }), udp())),
    packet(lanEth, ipv4(ends), icmp({ type: 5, code: 1 }), packet(ipv4({ src: REMOTE, dst: from }), udp())),
    packet(lanEth, ipv4({ ...ends, protocol: 17, mf: true }), new Uint8Array(40)),
    packet(lanEth, ipv4({ ...ends, protocol: 17, offset: 800 }), new Uint8Array(40)),
    udpOut('10.0.0.200', 1),
    echoOut('10.0.0.200', 1),
  );
  assert.deepEqual(w.sent('wan'), []);
  assert.deepEqual(
    ['not_syn', 'bad_protocol', 'icmp_error', 'icmp_error_malformed', 'icmp_type', 'fragment_malformed', 'no_zone'].map(
      (reason) => w.count(reason),
    ),
    [4, 4, 1, 1, 1, 2, 2],
  );
  assert.equal(w.sessionCount, 0);
});

worldTest('TCP-10 SYN+FIN, SYN+RST, null and xmas create no session', {}, (w) => {
  w.send('lan', ...['SF', 'SR', '', 'FPU'].map((flags) => tcpOut('10.0.0.5', 1, flags)));
  assert.equal(w.sessionCount, 0);
  assert.equal(w.count('tcp_flags') + w.count('not_syn'), 4);
});

worldTest('TCP-10 a lone FIN from inside is tcp_flags, as its text says; one with ACK is not_syn', {}, (w) => {
  w.send('lan', tcpOut('10.0.0.5', 1, 'F'));
  assert.deepEqual([w.count('tcp_flags'), w.count('not_syn')], [1, 0]);
  w.send('lan', tcpOut('10.0.0.5', 1, 'FA'));
  assert.deepEqual([w.count('tcp_flags'), w.count('not_syn')], [1, 1]);
  assert.match(verdictSpec(Verdict.DropTcpFlags).help, /none of SYN, ACK, RST \(a lone FIN\)/);
});

worldTest('DOS-2 FIL-1 FIL-5 FIL-6 ICM-4 what comes from outside without a session allocates nothing', {}, (w) => {
  w.send('lan', udpOut('10.0.0.5', 4000));
  const out = w.one('wan');
  const told = decode(out.octets);
  const wrongPort = answerTo(out, {}, { src: '198.51.100.8' });
  w.send('wan', wrongPort);
  assert.deepEqual(w.sent('lan'), []);
  assert.equal(w.count('filtered'), 1);
  assert.equal(w.sessionCount, 1);
  w.send(
    'wan',
    packet(eth({ dst: GW.wan }), ipv4({ src: REMOTE, dst: told.ipv4!.src }), icmp({ type: 3, code: 1 }), new Uint8Array(28)),
  );
  assert.equal(w.count('icmp_error_malformed'), 1);
  const quote = packet(ipv4({ src: told.ipv4!.src, dst: REMOTE }), udp({ sport: told.udp!.sport, dport: 5000 }));
  for (const type of [4, 5, 9, 10, 15, 16, 17, 18, 13, 30]) {
    w.send('wan', packet(eth({ dst: GW.wan }), ipv4({ src: REMOTE, dst: told.ipv4!.src }), icmp({ type }), quote));
  }
  assert.deepEqual([w.count('icmp_type'), w.count('no_session')], [8, 2]);
  assert.deepEqual(w.sent('lan'), []);
  assert.equal(w.sessionCount, 1);
});

worldTest('FIL-3 an inside address as destination from outside is not routed inward', {}, (w) => {
  for (const dst of ['10.0.0.5', '10.0.1.7', '172.16.0.1'])
    w.send('wan', packet(eth({ dst: GW.wan }), ipv4({ src: REMOTE, dst }), udp()));
  assert.equal(w.count('no_session'), 3);
});

worldTest('GEN-5 TCP and UDP of one host and port are unrelated', {}, (w) => {
  w.send('lan', udpOut('10.0.0.5', 5000));
  const out = w.one('wan');
  w.send('lan', tcpOut('10.0.0.5', 5000, 'S'));
  assert.equal(w.sessionCount, 2);
  const d = decode(out.octets);
  const asTcp = packet(
    eth({ dst: GW.wan }),
    ipv4({ src: REMOTE, dst: d.ipv4!.src }),
    tcp({ sport: 5000, dport: d.udp!.sport, flags: 'A' }),
  );
  w.send('wan', asTcp);
  assert.equal(w.count('no_session'), 1);
});

worldTest('PRT-1 PRT-3 PRT-8 DOS-8 external ports and echo ids are not monotone, keep their range and differ by key', {}, (w) => {
  const ports: number[] = [];
  const ids: number[] = [];
  for (let i = 0; i < 1000; i++) {
    w.send('lan', udpOut('10.0.0.5', 2000 + i), echoOut('10.0.0.5', 2000 + i));
    const [a, b] = w.sent('wan');
    ports.push(externalPort(decode(a!.octets)));
    ids.push(externalPort(decode(b!.octets)));
  }
  for (const list of [ports, ids]) {
    const rising = list.filter((port, i) => i > 0 && port > list[i - 1]!).length;
    assert.ok(rising > 300 && rising < 700, `${rising} of 999 steps rise`);
  }
  assert.ok(ports.every((port) => port >= 1024));
  const other = new World({ key: { k0: 1, k1: 2 } });
  other.send('lan', udpOut('10.0.0.5', 2000));
  assert.notEqual(externalPort(decode(other.one('wan').octets)), ports[0]);
});

worldTest('FIL-1 from inside to a local address on which nobody has a mapping', {}, (w) => {
  w.send('lan', udpOut('10.0.0.5', 4000, '192.0.2.10'));
  assert.equal(w.count('no_session'), 1);
  assert.deepEqual([...w.sent('lan'), ...w.sent('wan')], []);
});

worldTest('FRG-3 from outside a first fragment needs a session, the others their first one', {}, (w) => {
  w.send('lan', udpOut('10.0.0.5', 4000));
  const external = decode(w.one('wan').octets).ipv4!.src;
  const ends = { src: REMOTE, dst: external };
  const wanEth = eth({ dst: GW.wan });
  w.send(
    'wan',
    packet(wanEth, ipv4({ ...ends, mf: true }), udp({ sport: 1, dport: 2 }), new Uint8Array(40)),
    packet(wanEth, ipv4({ ...ends, protocol: 17, offset: 48 }), new Uint8Array(40)),
    // The payload of a later fragment is no ICMP header: 3 would be "unreachable".
    packet(wanEth, ipv4({ ...ends, protocol: 1, offset: 48 }), new Uint8Array(40).fill(3)),
  );
  assert.deepEqual(w.sent('lan'), []);
  const counts = (): number[] => ['no_session', 'fragment', 'fragment_held', 'fragment_timeout'].map((v) => w.count(v));
  assert.deepEqual(counts(), [1, 1, 1, 0]);
  w.advance(15_000);
  assert.deepEqual(counts(), [1, 1, 1, 1]);
  assert.deepEqual(w.sent('lan'), []);
});
