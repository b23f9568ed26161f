import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Config } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import { formatIpv4, formatPrefix } from '../../src/types/ipv4.js';
import { formatMac } from '../../src/types/mac.js';
import { sample } from './sample.js';

function load(changed: Readonly<Record<string, string>> = {}): Config {
  const { config, issues } = loadConfig(sample(changed), 'gateway.yaml');
  assert.deepEqual(issues, []);
  return config!;
}

describe('what a good file becomes', () => {
  test('addresses are in wire order: 1.2.3.4 is 4 << 24 | 3 << 16 | 2 << 8 | 1', () => {
    const { address, mask, length } = load().ifaces[0]!.addresses[0]!;
    assert.deepEqual([address, mask, length], [(1 << 24) | (100 << 16) | (1 << 8) | 1, 0xffff, 16]);
  });

  test('defaults are filled in', () => {
    const config = load();
    assert.equal(config.workers, 1);
    assert.equal(config.reject, 'port-unreach');
    assert.equal(config.control.socket, '/run/windrose/gw1.sock');
    assert.deepEqual(config.metrics, { listen: { host: '127.0.0.1', port: 9473 } });
    assert.deepEqual(config.limits.icmpErrorsPerSource, { perSecond: 10, burst: 20 });
    assert.equal(config.idle.spin, 'auto');
    assert.deepEqual(config.cpus, []);
    assert.equal(load({ workers: 'workers: auto' }).workers, 'auto');
    assert.deepEqual(config.zones[0]!.ports, { low: 1024, high: 65535 });
    assert.equal(load({ name: '' }).name, 'windrose');
  });

  test('metrics may be off, at IPv6 or on a port the kernel chooses', () => {
    assert.equal(load({ metrics: 'metrics: off' }).metrics, 'off');
    assert.deepEqual(load({ metrics: 'metrics: { listen: "[::1]:0" }' }).metrics, { listen: { host: '::1', port: 0 } });
  });

  test('a derived MAC is stable, locally administered, unicast, and differs by names', () => {
    const [lan, wan] = load().ifaces;
    assert.equal(formatMac(lan!.mac), formatMac(load().ifaces[0]!.mac));
    assert.equal(lan!.mac[0]! & 3, 2);
    assert.notEqual(formatMac(lan!.mac), formatMac(wan!.mac));
    assert.notEqual(formatMac(lan!.mac), formatMac(load({ name: 'name: gw2' }).ifaces[0]!.mac));
  });

  test('an interface is called as its device, a VLAN as interface and id with role, MAC and MTU of the interface', () => {
    const ifaces =
      'ifaces:\n  - { tap: wr0, role: outside, mtu: 9000, addresses: [1.2.1.1/16], vlans: [{ id: 7, addresses: [10.0.0.1/24] }] }';
    const [iface] = load({
      ifaces,
      routes: 'routes: ["default via 1.2.1.254 dev wr0", 10.9.0.0/16 via 10.0.0.9]',
      zones: '',
    }).ifaces;
    const [vlan] = iface!.vlans;
    assert.deepEqual(
      [iface!.name, vlan!.name, vlan!.role, vlan!.mtu, formatMac(vlan!.mac)],
      ['wr0', 'wr0.7', 'outside', 9000, formatMac(iface!.mac)],
    );
  });

  test('routes: lines and mappings mean the same, the device is found from the next hop', () => {
    const lines = load({
      routes: 'routes:\n  - default via 1.2.1.254\n  - 10.0.0.0/8 dev lan\n  - blackhole 10.9.0.0/16',
    }).routes;
    const mappings = load({
      routes:
        'routes:\n  - { to: default, via: 1.2.1.254 }\n  - { to: 10.0.0.0/8, dev: lan }\n  - { to: 10.9.0.0/16, type: blackhole }',
    }).routes;
    assert.deepEqual(lines, mappings);
    assert.deepEqual(
      lines.map((route) => [formatPrefix(route.to), route.type, route.nexthops[0]?.dev]),
      [
        ['0.0.0.0/0', 'unicast', 'wan'],
        ['10.0.0.0/8', 'unicast', 'lan'],
        ['10.9.0.0/16', 'blackhole', undefined],
      ],
    );
  });

  test('ranges are expanded in order, a zone is called as its first prefix', () => {
    const zones =
      'zones:\n  - { match: [1.1.0.0/16, 10.0.0.0/8], localAddresses: [1.2.100.9, 1.2.99.254-1.2.100.1], ports: 5000-6000 }';
    const [zone] = load({ zones }).zones;
    assert.equal(zone!.name, '1.1.0.0/16');
    assert.deepEqual(zone!.localAddresses.map(formatIpv4), ['1.2.100.9', '1.2.99.254', '1.2.99.255', '1.2.100.0', '1.2.100.1']);
    assert.deepEqual(zone!.ports, { low: 5000, high: 6000 });
  });

  test('anchors and aliases', () => {
    const zones =
      'zones:\n  - { name: a, match: 1.1.1.0/24, localAddresses: &none [] }\n  - { name: b, match: 1.1.2.0/24, localAddresses: *none }';
    assert.equal(load({ zones }).zones.length, 2);
  });
});

describe('timers (TIM-8)', () => {
  const timers = (text: string) => load({ timers: `timers: ${text}` }).timers;

  test('profiles', () => {
    const { udp, udpUnanswered, tcpEstablished, tcpHalfOpen, tcpClosing, icmp } = load().timers;
    assert.deepEqual(
      [udp, udpUnanswered, tcpEstablished, tcpHalfOpen, tcpClosing, icmp],
      [300e3, 120e3, 7440e3, 240e3, 240e3, 60e3],
    );
    const dense = timers('{ profile: dense }');
    assert.deepEqual(
      [dense.udp, dense.tcpEstablished, dense.tcpHalfOpen, dense.tcpClosing, dense.icmp],
      [120e3, 900e3, 30e3, 60e3, 60e3],
    );
  });

  test('profile dsnat has the timers of dsnat (zones.md 1.7), no quarantine, and timers.profile wins over profile', () => {
    const of = (text: string) => load({ profile: 'profile: dsnat', timers: `timers: ${text}` }).timers;
    const { tcpEstablished, tcpHalfOpen, tcpHalfClosed, tcpClosing, tcpReset, udp, udpUnanswered, icmp, portHold } = of('{}');
    assert.deepEqual(
      [tcpEstablished, tcpHalfOpen, tcpHalfClosed, tcpClosing, tcpReset, udp, udpUnanswered, icmp, portHold],
      [900e3, 120e3, 120e3, 120e3, 10e3, 300e3, 300e3, 60e3, 0],
    );
    // Its own values are under no floor.
    assert.equal(of('{ tcpEstablished: 900 }').tcpEstablished, 900e3);
    assert.deepEqual([of('{ profile: rfc }').profile, of('{ profile: rfc }').tcpEstablished], ['rfc', 7440e3]);
    assert.equal(timers('{ profile: dsnat }').tcpEstablished, 900e3);
  });

  test('half-closed and reset connections: as long as open and closing ones, in dense and dsnat not longer than 120 s and 10 s', () => {
    const pair = (text: string) => [timers(text).tcpHalfClosed, timers(text).tcpReset];
    assert.deepEqual(pair('{}'), [7440e3, 240e3]);
    assert.deepEqual(pair('{ tcpEstablished: 9000, tcpClosing: 300 }'), [9000e3, 300e3]);
    assert.deepEqual(pair('{ profile: dense }'), [120e3, 10e3]);
    assert.deepEqual(pair('{ profile: dense, allowShort: true, tcpEstablished: 60, tcpClosing: 5 }'), [60e3, 5e3]);
    assert.deepEqual(pair('{ tcpHalfClosed: 8000, tcpReset: 240 }'), [8000e3, 240e3]);
  });

  test('those that may be off; a scale leaves them off', () => {
    const { portHold, udpShort } = timers('{ portHold: off, allowShort: true, scale: 0.5 }');
    assert.deepEqual([portHold, udpShort], [0, 0]);
    assert.deepEqual([timers('{ udpShort: 30s }').udpShort, timers('{}').portHold], [30e3, 120e3]);
    const { fragment, unsolicitedSyn, other } = timers('{}');
    assert.deepEqual([fragment, unsolicitedSyn, other], [15e3, 6e3, 600e3]);
  });

  test('durations as seconds and as text', () => {
    assert.equal(timers('{ udp: 301 }').udp, 301e3);
    assert.equal(timers('{ tcpEstablished: 2h5m0.5s }').tcpEstablished, 7500500);
  });

  test('allowShort takes values under the floor, and scale multiplies all', () => {
    const { udp, tcpEstablished } = timers('{ udp: 10, allowShort: true, scale: 0.01 }');
    assert.deepEqual([udp, tcpEstablished], [100, 74400]);
  });
});
