import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { addonError, addonUnderTest } from './loadedAddon.js';

const skip = netnsSkipReason();
const MAC = Uint8Array.of(2, 0, 0x64, 0x64, 0, 1);

describe('the kernel side of a TAP that a service is reached by', { skip }, () => {
  const addon = skip ? undefined! : addonUnderTest();
  const fds: number[] = [];
  let net: NetSandbox;
  let netns: string;

  before(() => {
    net = new NetSandbox('wrv');
    netns = net.namespace('svc');
    fds.push(...addon.openTap({ device: 'svc', netns, queues: 1, offloads: true, up: true }).fds);
  });
  after(() => {
    for (const fd of fds) addon.closeFd(fd);
    net.close();
  });

  it('has its MAC and an address for its own subnet alone, asks no ARP, forwards nothing and speaks no IPv6', () => {
    const side = { device: 'svc', netns, address: '100.100.0.1', length: 16, mac: MAC };
    assert.equal(addon.setServiceSide(side), true);
    assert.equal(addon.setServiceSide(side), true, 'again, with nothing to change');
    assert.match(net.run(netns, 'ip -o link show svc'), /NOARP.* link\/ether 02:00:64:64:00:01/);
    assert.match(net.run(netns, 'ip -o addr show svc'), /^\d+: svc\s+inet 100\.100\.0\.1\/16 scope link svc/);
    assert.equal(net.run(netns, 'ip -o -6 addr show svc'), '');
    assert.match(net.run(netns, 'ip route'), /^100\.100\.0\.0\/16 dev svc proto kernel scope link src 100\.100\.0\.1/);
    const said = net.run(
      netns,
      'sysctl -n net.ipv4.conf.svc.rp_filter net.ipv4.conf.svc.forwarding net.ipv6.conf.svc.disable_ipv6',
    );
    assert.deepEqual(said.split('\n'), ['1', '0', '1', '']);
  });

  it('listens by the device alone, and closes', () => {
    const where = { device: 'svc', netns, address: '100.100.0.1', port: 9697, backlog: 16 };
    const fd = addon.listenBy(where);
    assert.match(net.run(netns, 'ss -Hltn'), /100\.100\.0\.1%svc:9697/);
    assert.match(readlinkSync(`/proc/self/fd/${fd}`), /^socket:/);
    addon.closeFd(fd);
    assert.equal(net.run(netns, 'ss -Hltn'), '');
  });

  it('says what it lacks', () => {
    const none = addonError(() => addon.setServiceSide({ device: 'none', netns, address: '100.100.0.1', length: 16, mac: MAC }));
    assert.equal(none.code, 'ENODEV');
    const where = { device: 'svc', netns, address: '192.0.2.9', port: 80, backlog: 1 };
    assert.match(addonError(() => addon.listenBy(where)).message, /^Cannot listen to 192\.0\.2\.9, port 80, by device "svc"/);
    assert.throws(() => addon.setServiceSide({ ...where, length: 16, mac: new Uint8Array(5) }), /six octets/);
  });
});
