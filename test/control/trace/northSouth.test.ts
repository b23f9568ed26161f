import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holderText } from '../../../src/control/trace/networks/addressHolder.js';
import { trace } from '../../../src/control/trace/trace.js';
import { exitMacs } from '../../../src/objects/exitMac.js';
import { formatMac } from '../../../src/types/mac.js';
import { isFault } from '../../../src/types/parsed.js';
import { parseTrace } from '../../../src/types/trace.js';
import { packetWords } from '../../../src/types/tracePacket.js';
import { decode } from '../../support/decode.js';
import { ip, MAC, mac } from '../../support/dvrSample.js';
import { FabricWorld } from '../../support/fabric.js';
import { floatingSample, fromUpstream } from '../../support/floatingSample.js';
import { faultAt, found, foundAll, goOn, shownOf, traceAt } from '../../support/networkTrace.js';
import { A2, A4, answerAsked, datagram, leaving, seen, WORLD, withA4 } from '../../support/northSouthTrace.js';
import { gateway, SNAT_MAC, snatSample, zone } from '../../support/snatSample.js';

const SILENT = { boot: { leaving: false }, silentSince: 1 };

describe('MET-4 a trace to the SNAT service', () => {
  it('2.5 at the sender’s host: the rule that redirects, who has the service and why, and where to go on', () => {
    const w = new FabricWorld(snatSample);
    const said = traceAt(w, 'h2', A2);
    w.send('h2', 'a2', datagram(MAC.a2, MAC.gA, '10.0.0.12', WORLD));
    const [crossed] = w.take();
    assert.deepEqual(leaving(said), seen(crossed!.octets));
    assert.deepEqual(leaving(said), [MAC.d2, SNAT_MAC.sA, '10.0.0.12', WORLD, 63]);
    assert.match(
      found(said, 'rules')!,
      /; 167772161: from 10\.0\.0\.1\/24 lookup 167772161 -> decides: default via 10\.0\.0\.3 dev qr-blue$/,
    );
    assert.match(found(said, 'sends')!, new RegExp(`^\\[${MAC.gA} > ${SNAT_MAC.sA} ; blue ; .* ; ttl 63\\]$`));
    assert.equal(foundAll(said, 'to').at(-1), `${SNAT_MAC.sA} is sg-blue of the SNAT service of r at host n, by VXLAN 1001`);
    assert.match(
      found(said, 'service')!,
      /^host n has the SNAT service of r; hosts of mode dvr_snat that reach its external networks: n$/,
    );
    assert.match(found(said, 'out')!, /VNI 1001 ; .* ; ttl 63\]$/);
    assert.match(said.ask, /^windrose trace --packet 'network=blue,host=h2,.*' --name n$/);
  });

  it('2.5 there, with the physical network down or missing: that is named beside the next hop, with the remedy', () => {
    const w = new FabricWorld(snatSample);
    const { ask } = traceAt(w, 'h2', A2);
    const words = packetWords(ask.replace(/^.*--packet '(.*)' --name n$/, '$1'));
    assert.ok(!isFault(words));
    const request = parseTrace(words.value);
    assert.ok(!isFault(request));
    const at = (state: 'UP' | 'DOWN'): string => {
      const shown = shownOf(w, 'n');
      const answer = trace({ ...shown, links: { ...shown.links, state: () => state } }, request.value);
      assert.ok(!isFault(answer));
      return found(answer.value, 'neighbor')!;
    };
    assert.match(
      at('DOWN'),
      /^192\.168\.1\.1 dev qg-r is not known yet.*; physical network physnet1: its device eth1 is DOWN, .*"windrose drain n"/,
    );
    assert.doesNotMatch(at('UP'), /physical network/);
  });

  it('2.5 there: zone, address, next hop; the frame that leaves is the one that does', () => {
    const w = new FabricWorld(snatSample);
    const first = goOn(w, traceAt(w, 'h2', A2));
    assert.equal(first.verdict, 'queued');
    assert.match(
      found(first, 'sends')!,
      /^\[fa:16:3e:93:cb:37 > \(not known yet\) ; ext ; 192\.168\.1\.21:PORT > 8\.8\.8\.8:53 ; ttl 62\]$/,
    );
    assert.equal(first.frame!.after.destinationMac, null);
    assert.equal(found(first, 'router'), 'snat-r, the SNAT service of r on this host, by sg-blue (10.0.0.3/24)');
    w.send('h2', 'a2', datagram(MAC.a2, MAC.gA, '10.0.0.12', WORLD));
    answerAsked(w);
    const [out] = answerAsked(w).filter(({ kind }) => kind === 'wire');
    const next = goOn(w, traceAt(w, 'h2', A2.replace('sport=4000', 'sport=4001')));
    assert.deepEqual([next.verdict, next.leaves?.iface, next.leaves?.network, next.ask], ['translated', 'physnet1', 'ext', '']);
    assert.deepEqual(leaving(next), seen(out!.octets));
    assert.deepEqual(leaving(next), [SNAT_MAC.q, SNAT_MAC.u, '192.168.1.21', WORLD, 62]);
    assert.equal(found(next, 'zone'), '1 r/all, by 0.0.0.0/0');
    assert.match(found(next, 'addresses')!, /^the turn is at 192\.168\.1\.21 \(\d+ of 64512 free\)$/);
    assert.equal(found(next, 'neighbor'), '192.168.1.1 dev qg-r REACHABLE');
    assert.match(next.says, /A new session is made; its port is chosen when that happens\.$/);
    // The one that was sent has its session, and with it its port.
    const { sport } = decode(out!.octets).udp!;
    const again = goOn(w, traceAt(w, 'h2', A2));
    assert.match(
      found(again, 'session')!,
      new RegExp(`^udp .* inside 10\\.0\\.0\\.12:4000 external 192\\.168\\.1\\.21:${sport} remote 8\\.8\\.8\\.8:53 zone r/all`),
    );
    assert.equal(again.leaves?.sourcePort, sport);
  });

  it('2.5 on the same host: replica and service in one trace', () => {
    const w = new FabricWorld(withA4(snatSample));
    w.send('n', 'a4', datagram(A4.mac, MAC.gA, A4.ip, WORLD));
    answerAsked(w);
    const [out] = answerAsked(w);
    const said = traceAt(w, 'n', `in=a4,src=${A4.ip},dst=${WORLD},proto=udp,sport=5,dport=53`);
    assert.deepEqual(leaving(said), seen(out!.octets));
    assert.deepEqual([said.verdict, foundAll(said, 'router').length, foundAll(said, 'sends').length], ['translated', 2, 2]);
    assert.equal(foundAll(said, 'to')[1], `${SNAT_MAC.sA} is sg-blue of snat-r, the SNAT service of r on this host`);
    assert.deepEqual(foundAll(said, 'ttl'), ['64 > 63', '63 > 62']);
  });

  it('2.6 back: the session lets it in, and it leaves with the MAC of the service', () => {
    const w = new FabricWorld(snatSample);
    w.send('h2', 'a2', datagram(MAC.a2, MAC.gA, '10.0.0.12', WORLD));
    answerAsked(w);
    const [out] = answerAsked(w).filter(({ kind }) => kind === 'wire');
    const { sport } = decode(out!.octets).udp!;
    const back = `network=ext,src=${WORLD},dst=192.168.1.21,proto=udp,sport=53,dport=${sport}`;
    const said = traceAt(w, 'n', back);
    fromUpstream(w, datagram(SNAT_MAC.u, SNAT_MAC.q, WORLD, '192.168.1.21', { sport: 53, dport: sport }));
    const [crossed] = w.take();
    assert.deepEqual(leaving(said), seen(crossed!.octets));
    assert.deepEqual(leaving(said), [SNAT_MAC.sA, MAC.a2, WORLD, '10.0.0.12', 63]);
    const there = goOn(w, said);
    assert.deepEqual([there.verdict, there.leaves?.iface, leaving(there)[0]], ['bridged', 'a2', SNAT_MAC.sA]);
    assert.deepEqual(leaving(there), seen(w.on('h2').got('a2').at(-1)!));
    const stranger = traceAt(w, 'n', back.replace(WORLD, '8.8.4.4'));
    assert.deepEqual([stranger.verdict, found(stranger, 'filtering')], ['filtered', 'adf: 8.8.4.4 was not talked to']);
    assert.equal(
      faultAt(w, 'h1', back),
      `nothing on this host is on network ext; host n answers for 192.168.1.21: ask there, windrose trace --packet '${back}' --name n`,
    );
    const f = new FabricWorld(floatingSample);
    const elsewhere = traceAt(f, 'h1', back);
    assert.deepEqual(
      [elsewhere.verdict, elsewhere.says],
      ['unanswered', 'No frame for it comes to this host: host n answers for it.'],
    );
    assert.equal(found(goOn(f, elsewhere), 'router'), 'snat-r, the SNAT service of r on this host, by qg-r (192.168.1.21/24)');
  });

  it('says why it is refused: no zone, a host that has the service no more', () => {
    const some = { ...gateway, zones: [zone('10.0.0.11/32', ['192.168.1.21'])] };
    const w = new FabricWorld({ ...snatSample, routers: snatSample.routers.map((one) => ({ ...one, gateways: [some] })) });
    const said = goOn(w, traceAt(w, 'h2', A2));
    assert.deepEqual(
      [said.verdict, said.steps.at(-1)],
      ['no_zone', { step: 'zone', found: 'none of 1 matches 10.0.0.12 (r/all)' }],
    );
    const late = traceAt(w, 'h1', `network=blue,host=h2,dmac=${SNAT_MAC.sA},src=10.0.0.12,dst=${WORLD},proto=udp,dport=53`);
    assert.deepEqual([late.verdict, late.steps.at(-1)!.step], ['snat_not_active', 'to']);
  });

  it('without a host that has the service it says so, and why', () => {
    const w = new FabricWorld({ ...snatSample, hosts: snatSample.hosts.map((host) => ({ ...host, draining: true })) });
    const said = traceAt(w, 'h2', A2);
    assert.deepEqual(
      [said.verdict, said.dropped, said.leaves, said.ask, found(said, 'out'), foundAll(said, 'to').length],
      ['snat_nowhere', true, null, '', undefined, 1],
    );
    assert.deepEqual(said.steps.slice(-2), [
      { step: 'service', found: 'no host has the SNAT service of r: all hosts of mode dvr_snat are draining: n' },
      { step: 'neighbor', found: '10.0.0.3 dev qr-blue NOWHERE' },
    ]);
    assert.match(said.says, /^Dropped: To the SNAT service of a router that no host has.* The sender is told by ICMP 3\/1/);
    w.send('h2', 'a2', datagram(MAC.a2, MAC.gA, '10.0.0.12', WORLD));
    assert.equal(w.on('h2').count(said.verdict), 1);
    // East-west goes on.
    assert.equal(traceAt(w, 'h2', A2.replace(WORLD, '20.0.0.22')).verdict, 'routed');
  });

  it('at a host without the router it says who has an address of it; of a silent one that it is', () => {
    const h3 = { ...snatSample.hosts[0]!, name: 'h3', vtep: ip('192.0.2.4'), mac: mac('fa:16:3f:00:00:04') };
    const w = new FabricWorld({ ...floatingSample, hosts: [...floatingSample.hosts, h3] });
    const back = `network=ext,src=${WORLD},dst=192.168.1.21,proto=udp,sport=53,dport=7`;
    assert.match(
      faultAt(w, 'h3', back),
      /^nothing on this host is on network ext; host n answers for 192\.168\.1\.21: ask there, /,
    );
    const request = { objects: shownOf(w, 'h3').objects, life: { shared: true, others: { hosts: new Map([['n', SILENT]]) } } };
    assert.equal(holderText(request as never, 'n', 'it'), 'host n has it, and is silent');
  });

  it('a neighbour that is not known is waited for; a router that is gone is nobody’s gateway', () => {
    const w = new FabricWorld(snatSample);
    const waits = traceAt(w, 'h2', A2.replace(WORLD, '20.0.0.99'));
    assert.equal(waits.verdict, 'queued');
    assert.match(found(waits, 'out')!, /^to whoever answers ARP as /);
    assert.doesNotMatch(waits.says, /lost/);
    const gone = new FabricWorld({ ...snatSample, routers: [], rifs: [] });
    const said = traceAt(gone, 'h2', A2);
    assert.deepEqual([said.verdict, found(said, 'arp')], ['unanswered', "gateway 10.0.0.1 is nobody's: no router is on blue"]);
    assert.equal(traceAt(gone, 'h2', A2.replace(WORLD, '10.0.0.11')).verdict, 'bridged');
  });

  it('the exit of another host has a name', () => {
    const w = new FabricWorld(floatingSample);
    const mac = formatMac(exitMacs(floatingSample, 'ext').get('h1')!);
    const said = traceAt(w, 'n', `network=ext,src=${WORLD},dst=192.168.1.101,dmac=${mac},proto=udp,sport=5,dport=6`);
    assert.equal(found(said, 'to'), `${mac} is the exit of host h1 to ext`);
  });

  it('a gateway with enableSnat: false routes it as it is, both ways', () => {
    const open = { ...gateway, enableSnat: false };
    const w = new FabricWorld({ ...snatSample, routers: snatSample.routers.map((one) => ({ ...one, gateways: [open] })) });
    const keeps = 'none: the gateway leaves addresses as they are (enableSnat: false)';
    const out = goOn(w, traceAt(w, 'h2', A2));
    assert.deepEqual([out.leaves?.source, out.leaves?.ttl, found(out, 'nat')], ['10.0.0.12', 62, keeps]);
    const back = traceAt(w, 'n', `network=ext,dmac=${SNAT_MAC.q},src=${WORLD},dst=10.0.0.12,proto=udp,dport=9`);
    assert.deepEqual(
      [back.verdict, back.leaves?.host, found(back, 'nat'), leaving(back)[0]],
      ['routed', 'h2', keeps, SNAT_MAC.sA],
    );
  });

  it('D31 changes nothing: not a word of any table, counter or cursor', () => {
    const w = new FabricWorld(withA4(floatingSample));
    w.send('h2', 'a2', datagram(MAC.a2, MAC.gA, '10.0.0.12', WORLD));
    answerAsked(w);
    w.take();
    for (const host of ['h1', 'h2', 'n']) {
      const before = wordsOf(w.on(host).state);
      for (const port of w.on(host).view.lports)
        for (const to of [WORLD, '10.0.0.13', '20.0.0.22', '192.168.1.101', '192.168.1.21', '10.0.0.99', '169.254.169.254'])
          traceAt(w, host, `in=${port.name},src=10.0.0.12,smac=${MAC.a2},dst=${to},proto=tcp,dport=80`);
      for (const to of ['192.168.1.101', '192.168.1.21', '192.168.1.77', '10.0.0.12'])
        traceAt(w, host, `network=ext,src=${WORLD},dst=${to},proto=udp,sport=53,dport=5000`);
      const after = wordsOf(w.on(host).state);
      assert.ok(before.length > 100_000);
      assert.deepEqual(before.equals(after), true, host);
    }
    assert.deepEqual(w.take(), []);
  });
});

/** All memory behind a state, one buffer after the other. */
function wordsOf(state: object): Buffer {
  const buffers = new Set<ArrayBufferLike>();
  const walk = (value: unknown, depth: number): void => {
    if (ArrayBuffer.isView(value)) buffers.add(value.buffer);
    else if (typeof value === 'object' && value !== null && depth < 5)
      for (const one of Object.values(value)) walk(one, depth + 1);
  };
  walk(state, 0);
  return Buffer.concat([...buffers].map((buffer) => Buffer.from(new Uint8Array(buffer))));
}
