import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ip, MAC } from '../support/dvrSample.js';
import { floatingIp, floatingSample, fromUpstream } from '../support/floatingSample.js';
import { crossed, exitMacOf, FIP, floatingWorld, from, guest, WORLD } from '../support/floatingWorld.js';
import { packetAt } from '../support/icmpErrors.js';
import { eth, icmp, ipv4, packet, udp } from '../support/layers.js';
import { SNAT_MAC } from '../support/snatSample.js';

const spoofed = (source: string, to: string, dst: string) =>
  packet(eth({ src: SNAT_MAC.u, dst }), ipv4({ src: source, dst: to }), udp({}));

describe('what does not pass by floating IPs', () => {
  it('from outside: sources that are inside, the router itself, or link-local', () => {
    for (const source of ['10.0.0.12', '20.0.0.21', '10.0.0.11', '10.0.0.1', '169.254.169.254', '169.254.1.1']) {
      const w = floatingWorld();
      fromUpstream(w, spoofed(source, FIP.a1, exitMacOf(w, 'h1')));
      assert.deepEqual([w.on('h1').got('a1'), w.on('h1').count('martian_source')], [[], 1], source);
      w.check();
    }
  });

  it('from a guest, with or without a floating IP: to link-local addresses, by whatever protocol', () => {
    for (const [host, name] of [
      ['h1', 'a1'],
      ['h2', 'a2'],
    ] as const)
      for (const to of ['169.254.169.254', '169.254.1.1', '169.254.64.1']) {
        const w = floatingWorld();
        w.send(host, name, from(guest(name), MAC.gA, to, {}, udp({ sport: 9, dport: 8080 })));
        assert.deepEqual(
          [crossed(w), w.on(host).got(name), w.on(host).count('martian_destination')],
          [[], [], 1],
          `${name} ${to}`,
        );
        w.check();
      }
  });

  it('ICMP that never crosses, and errors in fragments: nothing with an inside address in it leaves', () => {
    const quoted = spoofed(WORLD, '10.0.0.11', MAC.a1);
    for (const [type, flags, reason] of [
      [4, {}, 'icmp_type'],
      [5, {}, 'icmp_type'],
      [3, { mf: true }, 'fragment'],
    ] as const) {
      const w = floatingWorld();
      w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, flags, icmp({ type, code: 1, id: 0, seq: 0 }), packetAt(quoted, 60)));
      assert.deepEqual([crossed(w), w.on('h1').count(reason)], [[], 1], `type ${type}`);
      fromUpstream(
        w,
        from(
          { mac: SNAT_MAC.u, ip: '4.4.4.4' },
          exitMacOf(w, 'h1'),
          FIP.a1,
          flags,
          icmp({ type, code: 1, id: 0, seq: 0 }),
          packetAt(quoted, 60),
        ),
      );
      assert.deepEqual([w.on('h1').got('a1'), w.on('h1').count(reason)], [[], 2], `type ${type} in`);
      w.check();
    }
  });

  it('F50: errors about packets of others than those they go between: neither way, and none that is cut short', () => {
    const outward: [string, string][] = [
      [WORLD, '10.0.0.12'],
      [WORLD, FIP.a1],
      ['10.0.0.12', '10.0.0.11'],
      ['9.9.9.9', '10.0.0.11'],
      ['10.0.0.11', WORLD],
    ];
    const inward: [string, string][] = [
      ['10.0.0.11', WORLD],
      ['10.0.0.12', WORLD],
      [WORLD, FIP.a1],
      [FIP.a3, WORLD],
      [FIP.a1, '10.0.0.12'],
      [FIP.a1, '20.0.0.21'],
    ];
    const w = floatingWorld();
    const l4 = icmp({ type: 3, code: 3, id: 0, seq: 0 });
    const about = ([source, dst]: [string, string]) => packetAt(spoofed(source, dst, MAC.a1), 60);
    const out = (quote: Uint8Array) => w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD, {}, l4, quote));
    const into = (quote: Uint8Array) =>
      fromUpstream(w, from({ mac: SNAT_MAC.u, ip: '4.4.4.4' }, exitMacOf(w, 'h1'), FIP.a1, {}, l4, quote));
    for (const ends of outward) {
      out(about(ends));
      assert.deepEqual(crossed(w), [], `${ends.join(' to ')} goes out`);
    }
    assert.equal(w.on('h1').count('icmp_error'), outward.length);
    for (const ends of inward) {
      into(about(ends));
      assert.deepEqual(w.on('h1').got('a1'), [], `${ends.join(' to ')} comes in`);
    }
    assert.equal(w.on('h1').count('icmp_error'), outward.length + inward.length);
    // From one floating IP to another of the host: of a packet that went the other way, between these two.
    const turned: [string, string][] = [
      [FIP.a3, '10.0.0.13'],
      [FIP.a3, FIP.a1],
      ['10.0.0.13', '10.0.0.11'],
    ];
    for (const ends of turned) {
      w.send('h1', 'a1', from(guest('a1'), MAC.gA, FIP.a3, {}, l4, about(ends)));
      assert.deepEqual(w.on('h1').got('a3'), [], `${ends.join(' to ')} turns back`);
    }
    out(about([WORLD, '10.0.0.11']).subarray(0, 24));
    into(about([FIP.a1, WORLD]).subarray(0, 27));
    into(new Uint8Array(40));
    assert.deepEqual([crossed(w), w.on('h1').got('a1'), w.on('h1').count('icmp_error_malformed')], [[], [], 3]);
    assert.equal(w.on('h1').count('icmp_error'), outward.length + inward.length + turned.length);
    w.check();
  });

  it('a tenant whose router is called as the service of another one stays apart', () => {
    const other = { ...floatingSample.routers[0]!, name: 'snat-r', gateways: [] };
    const w = floatingWorld({
      ...floatingSample,
      networks: [...floatingSample.networks, { ...floatingSample.networks[0]!, name: 'green', id: 1003 }],
      subnets: [...floatingSample.subnets, { ...floatingSample.subnets[0]!, name: 'green4', network: 'green' }],
      lports: [
        ...floatingSample.lports,
        {
          ...floatingSample.lports[0]!,
          name: 'c5',
          network: 'green',
          host: 'n',
          device: { kind: 'tap', name: 'tap-c5', netns: undefined },
        },
      ],
      routers: [...floatingSample.routers, other],
      rifs: [
        ...floatingSample.rifs,
        { ...floatingSample.rifs[0]!, name: 'qr-green', router: 'snat-r', subnet: 'green4', snat: undefined },
      ],
      floatingIps: [floatingIp('192.168.1.101', 'a1', '10.0.0.11')],
    });
    const numbers = w.on('n').built.routers.map(({ number }) => number);
    assert.equal(new Set(numbers).size, numbers.length);
    w.send('n', 'c5', from({ mac: MAC.a1, ip: '10.0.0.11' }, MAC.gA, '20.0.0.22'));
    assert.deepEqual(crossed(w), []);
    assert.deepEqual([w.on('h2').got('b2'), ip('10.0.0.11')], [[], ip('10.0.0.11')]);
    w.check();
  });
});
