import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ip, MAC } from '../../support/dvrSample.js';
import { FabricWorld } from '../../support/fabric.js';
import { floatingIp, floatingSample, fromUpstream } from '../../support/floatingSample.js';
import { found, foundAll, goOn, traceAt } from '../../support/networkTrace.js';
import { A2, answerAsked, datagram, leaving, seen, WORLD } from '../../support/northSouthTrace.js';
import { SNAT_MAC } from '../../support/snatSample.js';

describe('MET-4 a trace of floating addresses', () => {
  const A1 = `in=a1,src=10.0.0.11,proto=udp,sport=4000,dport=53`;
  const EXIT = /^fip-ext, the exit of this host to ext$/;

  it('2.7 out: by rule and table, through the exit, one hop; and in', () => {
    const w = new FabricWorld(floatingSample);
    w.send('h1', 'a1', datagram(MAC.a1, MAC.gA, '10.0.0.11', WORLD));
    answerAsked(w);
    const [out] = answerAsked(w);
    const said = traceAt(w, 'h1', `${A1},dst=${WORLD}`);
    assert.deepEqual(leaving(said), seen(out!.octets));
    assert.deepEqual(leaving(said).slice(1), [SNAT_MAC.u, '192.168.1.101', WORLD, 63]);
    assert.equal(found(said, 'floating'), 'floating address 192.168.1.101 for 10.0.0.11, by rule 32768 table 16');
    assert.match(found(said, 'exit')!, EXIT);
    assert.deepEqual([said.verdict, foundAll(said, 'ttl')], ['floating_out', ['64 > 63']]);
    const inward = traceAt(w, 'h1', `network=ext,src=${WORLD},dst=192.168.1.101,proto=udp,sport=53,dport=4000`);
    fromUpstream(w, datagram(SNAT_MAC.u, seen(out!.octets)[0] as string, WORLD, '192.168.1.101'));
    assert.deepEqual(leaving(inward), seen(w.on('h1').got('a1').at(-1)!));
    assert.deepEqual(leaving(inward), [MAC.gA, MAC.a1, WORLD, '10.0.0.11', 63]);
    assert.equal(found(inward, 'floating'), 'floating address 192.168.1.101 is 10.0.0.11, router r');
    const east = traceAt(w, 'h1', `${A1},dst=20.0.0.22`);
    assert.deepEqual([east.verdict, found(east, 'floating')], ['routed', undefined]);
  });

  it('2.8 and 2.9 on one host: turns back, nothing goes out', () => {
    const w = new FabricWorld(floatingSample);
    for (const [to, port] of [
      ['192.168.1.103', 'a3'],
      ['192.168.1.101', 'a1'],
    ] as const) {
      const said = traceAt(w, 'h1', `${A1},dst=${to}`);
      w.send('h1', 'a1', datagram(MAC.a1, MAC.gA, '10.0.0.11', to));
      assert.deepEqual(leaving(said), seen(w.on('h1').got(port).at(-1)!));
      assert.deepEqual([said.verdict, said.leaves?.iface, foundAll(said, 'ttl')], ['floating_hairpin', port, ['64 > 63']]);
      assert.match(
        found(said, 'hairpin')!,
        new RegExp(`^${to} is the floating address of 10\\.0\\.0\\.1[13] on this host: turns back`),
      );
    }
    assert.deepEqual(w.take(), []);
  });

  it('2.8 between hosts: asked for on the external network, and there in to the guest', () => {
    const w = new FabricWorld(floatingSample);
    const said = traceAt(w, 'h1', `${A1},dst=192.168.1.102`);
    assert.deepEqual([said.leaves?.network, said.leaves?.host, said.leaves?.iface], ['ext', 'h2', 'physnet1']);
    w.send('h1', 'a1', datagram(MAC.a1, MAC.gA, '10.0.0.11', '192.168.1.102'));
    const got = w.on('h2').got('b2');
    const there = goOn(w, said);
    assert.deepEqual([there.verdict, there.leaves?.iface], ['floating_in', 'b2']);
    assert.deepEqual(leaving(there), seen(got.at(-1)!));
    const wrong = traceAt(w, 'h2', `network=ext,src=${WORLD},dst=192.168.1.101,proto=udp,dport=9`);
    assert.equal(wrong.says, 'No frame for it comes to this host: host h1 answers for it.');
    const exit = w.on('h2').view.exits[0]!.rif.mac;
    const dmac = Array.from(exit, (octet) => octet.toString(16).padStart(2, '0')).join(':');
    const stale = traceAt(w, 'h2', `network=ext,src=${WORLD},dst=192.168.1.101,dmac=${dmac},proto=udp,dport=9`);
    assert.deepEqual(
      [stale.verdict, found(stale, 'floating')],
      ['fip_not_here', '192.168.1.101 is no floating address of this host'],
    );
  });

  it('2.8 from a guest without one: by the SNAT service, then to the host of the floating address', () => {
    const w = new FabricWorld(floatingSample);
    const redirected = traceAt(w, 'h2', A2.replace(WORLD, '192.168.1.101'));
    assert.deepEqual([redirected.verdict, redirected.leaves?.host], ['routed', 'n']);
    const service = goOn(w, redirected);
    assert.deepEqual([service.leaves?.source, service.leaves?.host, service.leaves?.network], ['192.168.1.21', 'h1', 'ext']);
    const last = goOn(w, service);
    assert.deepEqual([last.verdict, last.leaves?.iface, last.leaves?.source], ['floating_in', 'a1', '192.168.1.21']);
  });

  it('2.10 centralised: a static mapping of the SNAT service, out and in', () => {
    const central = floatingIp('192.168.1.110', 'a2', '10.0.0.12', { placement: 'centralized' });
    const w = new FabricWorld({ ...floatingSample, floatingIps: [...floatingSample.floatingIps, central] });
    const redirected = traceAt(w, 'h2', A2);
    assert.deepEqual([redirected.verdict, redirected.leaves?.host, found(redirected, 'floating')], ['routed', 'n', undefined]);
    const out = goOn(w, redirected);
    assert.deepEqual([out.leaves?.source, out.leaves?.sourcePort], ['192.168.1.110', 4000]);
    assert.match(found(out, 'static')!, /192\.168\.1\.110 is 10\.0\.0\.12$/);
    const inward = traceAt(w, 'n', `network=ext,src=${WORLD},dst=192.168.1.110,proto=tcp,dport=22,flags=S`);
    assert.deepEqual([inward.leaves?.destination, inward.leaves?.host], ['10.0.0.12', 'h2']);
    assert.equal(goOn(w, inward).leaves?.iface, 'a2');
  });

  it('a forwarded port, asked without flags: a new connection where no session matches, and it says so; also by way of another host', () => {
    const forwardings = [{ protocol: 'tcp', port: 8080, lport: 'a2', fixed: ip('10.0.0.12'), toPort: 80 }] as const;
    const forwarding = floatingIp('192.168.1.111', 'a2', '10.0.0.12', { lport: undefined, fixed: undefined, forwardings });
    const w = new FabricWorld({ ...floatingSample, floatingIps: [...floatingSample.floatingIps, forwarding] });
    const asked = `network=ext,src=${WORLD},dst=192.168.1.111,proto=tcp,dport`;
    const said = traceAt(w, 'n', `${asked}=8080`);
    assert.deepEqual(
      [said.verdict, said.leaves?.destination, said.leaves?.destinationPort, said.leaves?.host],
      ['translated', '10.0.0.12', 80, 'h2'],
    );
    assert.match(
      found(said, 'assumed')!,
      /^flags S, as of a new connection: no session here matches one that is there \(flags A\)$/,
    );
    const told = traceAt(w, 'n', `${asked}=8080,flags=A`);
    assert.deepEqual([told.verdict, found(told, 'assumed')], ['no_session', undefined]);
    const closed = traceAt(w, 'n', `${asked}=99`);
    assert.deepEqual([closed.dropped, /^tcp S /.test(found(closed, 'packet')!)], [true, true]);
    const elsewhere = traceAt(w, 'h1', `${asked}=8080`);
    assert.equal(elsewhere.says, 'No frame for it comes to this host: host n answers for it.');
    assert.equal(elsewhere.ask, `windrose trace --packet '${asked}=8080' --name n`);
    assert.equal(goOn(w, elsewhere).verdict, 'translated');
  });
});
