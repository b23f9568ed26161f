import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { ip, MAC, mac, prefix } from '../support/dvrSample.js';
import type { FabricWorld } from '../support/fabric.js';
import { floatingIp, floatingSample, fromUpstream, scoped } from '../support/floatingSample.js';
import { crossed, exitMacOf, FIP, FIXED, floatingWorld, from, guest, head, internet, WORLD } from '../support/floatingWorld.js';
import { icmp, udp } from '../support/layers.js';
import { gateway, SNAT_MAC, zone } from '../support/snatSample.js';

describe('exits of floating IPs', () => {
  it('2.8 pitfall 21: an exit and a SNAT service of one host know each other, and nobody is asked', () => {
    const atH1 = floatingSample.hosts.map((host) => ({
      ...host,
      mode: host.name === 'h1' ? ('dvr_snat' as const) : ('dvr' as const),
    }));
    const w = floatingWorld({ ...floatingSample, hosts: atH1 });
    w.send('h1', 'b1', from(guest('b1'), MAC.gB, FIP.a1));
    const [asked] = w.on('h1').got('a1');
    assert.deepEqual(head(asked!).slice(2, 4), ['192.168.1.21', '10.0.0.11']);
    const back = udp({ sport: 5000, dport: decode(asked!).udp!.sport });
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, '192.168.1.21', {}, back));
    assert.deepEqual(head(w.on('h1').got('b1')[0]!).slice(2, 4), [FIP.a1, '20.0.0.21']);
    assert.deepEqual(crossed(w), []);
    assert.equal(
      w.on('h1').count('queued'),
      floatingWorld().on('h1').count('queued'),
      'nothing waited but for the upstream router',
    );
    w.check();
  });

  it('2.8: a SNAT service that comes to this host is found here from then on, whoever was asked before; one that goes is asked for', () => {
    const echo = icmp({ type: 8, code: 0, id: 7, seq: 1 });
    const ask = (w: FabricWorld) => w.send('h1', 'a1', from(guest('a1'), MAC.gA, '192.168.1.21', {}, echo));
    const on = (name: string) => ({
      ...floatingSample,
      hosts: floatingSample.hosts.map((one) => ({ ...one, mode: one.name === name ? ('dvr_snat' as const) : ('dvr' as const) })),
    });
    const w = floatingWorld(on('n'));
    ask(w);
    assert.ok(crossed(w).some(({ octets }) => decode(octets).arp?.targetIp === '192.168.1.21'));
    assert.equal(w.on('h1').got('a1').length, 1);
    w.use(on('h1'));
    w.settle();
    w.take();
    ask(w);
    assert.deepEqual([crossed(w), w.on('h1').got('a1').length], [[], 1]);
    w.use(on('n'));
    w.settle();
    w.take();
    ask(w);
    assert.ok(crossed(w).length > 0);
    assert.equal(w.on('h1').got('a1').length, 1);
    w.check();
  });

  it('pitfall 28: another upstream gateway is that of every exit with the next frame', () => {
    const w = floatingWorld();
    const subnets = floatingSample.subnets.map((one) => (one.name === 'ext4' ? { ...one, gateway: ip('192.168.1.2') } : one));
    w.use({ ...floatingSample, subnets });
    w.settle();
    w.take();
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD));
    assert.deepEqual(
      crossed(w).map(({ octets }) => decode(octets).arp!.targetIp),
      ['192.168.1.2'],
    );
    w.check();
  });

  it('F78: subnets of the address scope of the external network leave as they are and are reached so; a floating IP comes first', () => {
    const w = floatingWorld(scoped);
    const f1 = exitMacOf(w, 'h1');
    const f2 = exitMacOf(w, 'h2');
    w.send('h2', 'a2', from(guest('a2'), MAC.gA, WORLD));
    crossed(w);
    w.send('h2', 'a2', from(guest('a2'), MAC.gA, WORLD));
    assert.deepEqual(
      crossed(w)
        .map((one) => [one.from, ...head(one.octets)])
        .at(-1),
      ['h2 wire', f2, SNAT_MAC.u, FIXED.a2, WORLD, 63],
    );
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD));
    assert.deepEqual(
      crossed(w).map(({ octets }) => head(octets)),
      [[f1, SNAT_MAC.u, FIP.a1, WORLD, 63]],
    );
    w.on('h2').got('a2');
    fromUpstream(w, from(internet, f1, FIXED.a2));
    assert.deepEqual(w.on('h2').got('a2').map(head), [[MAC.gA, MAC.a2, WORLD, FIXED.a2, 63]], 'by the replica of any host');
    fromUpstream(w, from(internet, f1, FIXED.b1));
    assert.equal(w.on('h1').count('fip_not_here'), 1, 'not those of other subnets');
    w.check();
    const all = w.on('h2').view.routers[0]!.rules;
    assert.deepEqual(
      all.map(({ priority }) => priority).filter((priority) => priority > 80_000),
      [335_544_321],
      'no redirect of blue beside it',
    );
    const before = all.filter(({ priority }) => priority === 79_999);
    assert.deepEqual(
      before.map(({ action }) => action),
      [{ type: 'lookup', table: 167_772_161 }],
      'but for the external addresses of the router',
    );
    const rules = all.filter(({ priority }) => priority === 80_000);
    assert.deepEqual(
      rules.map(({ from: of, action }) => [of, action]),
      [[prefix('10.0.0.0/24'), { type: 'lookup', table: 16 }]],
    );
  });

  it('F78: an echo from outside to the address that the SNAT service has inside is dropped where it would be answered, and told', () => {
    const w = floatingWorld(scoped);
    const echo = icmp({ type: 8, code: 0, id: 1, seq: 1 });
    fromUpstream(w, from(internet, exitMacOf(w, 'h2'), '10.0.0.3', {}, echo));
    assert.deepEqual(
      crossed(w).map((one) => [one.from, ...head(one.octets).slice(2)]),
      [['h2 vxlan', WORLD, '10.0.0.3', 63]],
    );
    assert.deepEqual([w.on('n').count('local_no_way_back'), w.on('n').count('echo_answered')], [1, 0]);
    w.send('h2', 'a2', from(guest('a2'), MAC.gA, '10.0.0.3', {}, echo));
    assert.deepEqual([w.on('n').count('local_no_way_back'), w.on('n').count('echo_answered')], [1, 1]);
    w.check();
  });

  it('F51: two external networks: each floating IP leaves by its own, tables 16 and 17', () => {
    const second = { ...gateway, network: 'ext2', subnet: 'ext2v4', address: ip('172.16.0.21'), mac: mac('fa:16:3e:00:00:92') };
    const objects: Objects = {
      ...floatingSample,
      networks: [
        ...floatingSample.networks,
        { ...floatingSample.networks.find(({ name }) => name === 'ext')!, name: 'ext2', type: 'vlan', id: 77 },
      ],
      subnets: [
        ...floatingSample.subnets,
        { name: 'ext2v4', network: 'ext2', cidr: prefix('172.16.0.0/24'), gateway: ip('172.16.0.1') },
      ],
      routers: floatingSample.routers.map((router) => ({
        ...router,
        gateways: [gateway, { ...second, sources: [prefix('10.0.0.13/32')], zones: [zone('0.0.0.0/0', ['172.16.0.21'])] }],
      })),
      floatingIps: [floatingSample.floatingIps[0]!, floatingIp('172.16.0.103', 'a3', FIXED.a3, { network: 'ext2' })],
    };
    const w = floatingWorld({ ...objects, floatingIps: [objects.floatingIps[0]!] });
    w.use(objects);
    w.settle();
    w.send('h1', 'a3', from(guest('a3'), MAC.gA, WORLD));
    const [question] = crossed(w);
    const asked = decode(question!.octets);
    assert.deepEqual([asked.vlan!.id, asked.arp!.senderIp, asked.arp!.targetIp], [77, '172.16.0.103', '172.16.0.1']);
    w.send('h1', 'a1', from(guest('a1'), MAC.gA, WORLD));
    assert.deepEqual(head(crossed(w)[0]!.octets), [exitMacOf(w, 'h1'), SNAT_MAC.u, FIP.a1, WORLD, 63]);
    const { rules, routes } = w.on('h1').view.routers[0]!;
    const led = rules.flatMap(({ from: of, action }) =>
      of?.length === 32 && action.type === 'lookup' ? [[of.address, action.table]] : [],
    );
    assert.deepEqual(led, [
      [ip(FIXED.a1), 16],
      [ip(FIXED.a3), 17],
    ]);
    const devs = routes.filter(({ table }) => table === 16 || table === 17).map(({ nexthops }) => nexthops[0]!.dev);
    assert.deepEqual(devs, ['rfp-r', 'rfp-r-ext2']);
    w.check();
  });
});
