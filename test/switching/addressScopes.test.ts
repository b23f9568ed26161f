import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Objects } from '../../src/objects/model.js';
import { decode } from '../support/decode.js';
import { ip, lport, MAC, mac, prefix, rif, vxlan } from '../support/dvrSample.js';
import { floatingIp, scoped } from '../support/floatingSample.js';
import { crossed, FIP, FIXED, floatingWorld, from, guest, head, internet } from '../support/floatingWorld.js';
import { packetAt } from '../support/icmpErrors.js';
import { icmp, udp } from '../support/layers.js';
import { found, traceAt } from '../support/networkTrace.js';
import { gateway, zone } from '../support/snatSample.js';

const A4 = { mac: 'fa:16:3e:00:0a:04', ip: '10.0.0.14' };
const C1 = { mac: 'fa:16:3e:00:0c:01', ip: '30.0.0.31' };
const C2 = { mac: 'fa:16:3e:00:0c:02', ip: '30.0.0.32' };
const G_C = 'fa:16:3e:00:0c:fe';
const FIP_C1 = '192.168.1.111';
const FIP_C2 = '192.168.1.112';

/** Beside r a router of somebody else, with green, which is in no scope, and floating IPs of its guests C1 on h1 and C2 on h2. `net`: of green. */
function twoRouters(net: string): Objects {
  const at = (last: number): string => `${net}.${last}`;
  const own = { address: ip('192.168.1.22'), mac: mac('fa:16:3e:00:00:93'), zones: [zone('0.0.0.0/0', ['192.168.1.22'])] };
  const snat = { address: ip(at(3)), mac: mac('fa:16:3e:00:0c:fd') };
  return {
    ...scoped,
    networks: [...scoped.networks, vxlan('green', 1003)],
    subnets: [...scoped.subnets, { name: 'green4', network: 'green', cidr: prefix(`${net}.0/24`), gateway: ip(at(1)) }],
    lports: [...scoped.lports, lport('c1', 'green', C1.mac, at(31), 'h1'), lport('c2', 'green', C2.mac, at(32), 'h2')],
    routers: [...scoped.routers, { ...scoped.routers[0]!, name: 'r2', gateways: [{ ...gateway, ...own }] }],
    rifs: [...scoped.rifs, { ...rif('qr-green', 'r2', 'green4', G_C, at(1)), snat }],
    floatingIps: [
      ...scoped.floatingIps,
      floatingIp(FIP_C1, 'c1', at(31), { router: 'r2' }),
      floatingIp(FIP_C2, 'c2', at(32), { router: 'r2' }),
    ],
  };
}

describe('subnets of the address scope of the external network', () => {
  it('2.8 F78: who leaves as it is reaches floating IPs and other external addresses of its own router by the SNAT service', () => {
    for (const [host, name] of [
      ['h2', 'a2'],
      ['h1', 'a4'],
    ] as const) {
      const w = floatingWorld({ ...scoped, lports: [...scoped.lports, lport('a4', 'blue', A4.mac, A4.ip, 'h1')] });
      const sender = name === 'a2' ? guest('a2') : A4;
      w.send(host, name, from(sender, MAC.gA, FIP.a1));
      crossed(w);
      const asked = w.on('h1').got('a1').at(-1)!;
      assert.deepEqual(head(asked), [MAC.gA, MAC.a1, '192.168.1.21', FIXED.a1, 61]);
      w.send('h1', 'a1', from(guest('a1'), MAC.gA, '192.168.1.21', {}, udp({ sport: 5000, dport: decode(asked).udp!.sport })));
      crossed(w);
      assert.deepEqual(head(w.on(host).got(name).at(-1)!).slice(2, 4), [FIP.a1, sender.ip], 'from the address it asked');
      w.send(host, name, from(sender, MAC.gA, '192.168.1.21', {}, icmp({ type: 8, code: 0, id: 1, seq: 1 })));
      assert.deepEqual(head(w.on(host).got(name).at(-1)!).slice(2, 4), ['192.168.1.21', sender.ip]);
      for (const at of w.hosts.values()) assert.equal(at.count('martian_source'), 0);
      w.check();
    }
  });

  it('F78: nor does a quote of one who leaves as it is move with a floating IP that it is not about', () => {
    for (const data of [packetAt(from(internet, MAC.gA, '5.6.7.8'), 28), new Uint8Array(8)]) {
      const w = floatingWorld(twoRouters('30.0.0'));
      w.send('h2', 'a2', from(guest('a2'), MAC.gA, FIP_C2, {}, icmp({ type: 3, code: 3, id: 0, seq: 0 }), data));
      assert.deepEqual(w.on('h2').got('c2'), []);
      assert.equal(w.on('h2').count('icmp_error') + w.on('h2').count('icmp_error_malformed'), 1);
      w.check();
    }
  });

  it('F78: who leaves as it is reaches floating IPs of another router, on its own host and on another one, and is answered from them', () => {
    for (const [host, name, at, fip] of [
      ['h1', 'c1', C1, FIP_C1],
      ['h2', 'c2', C2, FIP_C2],
    ] as const) {
      const w = floatingWorld(twoRouters('30.0.0'));
      w.send('h2', 'a2', from(guest('a2'), MAC.gA, fip));
      crossed(w);
      assert.deepEqual(head(w.on(host).got(name).at(-1)!).slice(1, 4), [at.mac, FIXED.a2, at.ip]);
      w.send(host, name, from(at, G_C, FIXED.a2, {}, udp({ sport: 5000, dport: 4000 })));
      crossed(w);
      assert.deepEqual(head(w.on('h2').got('a2').at(-1)!).slice(2, 4), [fip, FIXED.a2]);
      w.check();
      const told = traceAt(w, host, `in=${name},src=${at.ip},dst=${FIXED.a2},proto=udp,sport=5000,dport=4000`);
      assert.equal(told.verdict, 'floating_hairpin');
      assert.equal(
        found(told, 'hairpin'),
        '10.0.0.12 is of the address scope of the external network, router r: turns back here',
      );
    }
  });

  it('F78: but not where its own address is somebody else’s: the answer would stay there', () => {
    for (const [fip, drops] of [
      [FIP_C2, 'h2'],
      [FIP_C1, 'h1'],
    ] as const) {
      const w = floatingWorld(twoRouters('10.0.0'));
      w.send('h2', 'a2', from(guest('a2'), MAC.gA, fip));
      crossed(w);
      assert.equal(w.on(drops).count('martian_source'), 1);
      w.check();
    }
  });
});
