import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_RULES } from '../../src/config/routingConfig.js';
import type { Objects } from '../../src/objects/model.js';
import { HostsHead } from '../../src/tables/hosts.js';
import { mayTakeMore } from '../../src/tables/routerShares.js';
import { SessionsHead } from '../../src/tables/sessions.js';
import { decode } from '../support/decode.js';
import { ip, lport, mac, prefix, rif, vxlan } from '../support/dvrSample.js';
import { FabricWorld } from '../support/fabric.js';
import { crossed } from '../support/floatingWorld.js';
import { eth, icmp, ipv4, type Layer, packet, tcp, udp } from '../support/layers.js';
import { found, traceAt } from '../support/networkTrace.js';
import { gateway, snatSample, zone } from '../support/snatSample.js';

/** Two tenants with a guest each on host n: `greedy` behind router r, from any address of its subnet; `other` behind router s. */
const GREEDY = { port: 'a', mac: 'fa:16:3e:00:0c:01', router: 'fa:16:3e:3c:74:9c' };
const OTHER = { port: 'v', mac: 'fa:16:3e:00:0c:02', router: 'fa:16:3e:00:99:01' };
const OTHERS_ADDRESS = '192.168.1.22';

function objects(cidr: string): Objects {
  return {
    ...snatSample,
    networks: [...snatSample.networks, vxlan('green', 1003)],
    subnets: [
      ...snatSample.subnets.map((one) => (one.name === 'blue4' ? { ...one, cidr: prefix(cidr) } : one)),
      { name: 'green4', network: 'green', cidr: prefix('10.0.0.0/24'), gateway: ip('10.0.0.1') },
    ],
    lports: [
      { ...lport('a', 'blue', GREEDY.mac, '10.0.0.11', 'n'), portSecurity: false },
      { ...lport('v', 'green', OTHER.mac, '10.0.0.12', 'n'), portSecurity: false },
    ],
    routers: [
      ...snatSample.routers.map((one) => ({ ...one, gateways: [gateway] })),
      {
        name: 's',
        distributed: true,
        adminUp: true,
        routes: [],
        rules: DEFAULT_RULES,
        gateways: [
          {
            ...gateway,
            address: ip(OTHERS_ADDRESS),
            mac: mac('fa:16:3e:00:99:02'),
            zones: [zone('0.0.0.0/0', [OTHERS_ADDRESS])],
          },
        ],
      },
    ],
    rifs: [
      ...snatSample.rifs,
      {
        ...rif('qr-green', 's', 'green4', OTHER.router, '10.0.0.1'),
        snat: { address: ip('10.0.0.3'), mac: mac('fa:16:3e:00:99:10') },
      },
    ],
  };
}

function send(w: FabricWorld, from: typeof GREEDY, src: string, dst: string, l4: Layer): void {
  const octets = packet(eth({ src: from.mac, dst: from.router }), ipv4({ src, dst }), l4, new Uint8Array(20));
  w.on('n').push(from.port, { octets });
}

/** True when a connection that the other tenant's guest opens leaves by its own router. */
function otherConnects(w: FabricWorld, source: string, port: number): boolean {
  crossed(w);
  send(w, OTHER, source, '8.8.8.8', tcp({ sport: port, dport: 443, flags: 'S' }));
  w.settle();
  return crossed(w).some(({ octets }) => decode(octets).ipv4?.src === OTHERS_ADDRESS);
}

function world(cidr: string): FabricWorld {
  const w = new FabricWorld(objects(cidr));
  send(w, GREEDY, '10.0.0.11', '8.8.4.4', udp({ sport: 9, dport: 9 }));
  w.settle();
  crossed(w);
  assert.ok(otherConnects(w, '10.0.0.12', 4999), 'with room');
  return w;
}

/** The largest number that a router alone can reach: one more is refused. */
function mostOf(capacity: number): number {
  let most = 0;
  while (mayTakeMore(1, most, capacity - most)) most++;
  return most;
}

const LAYERS: Readonly<Record<string, (port: number) => Layer>> = {
  udp: (port) => udp({ sport: 1000 + port, dport: 53 }),
  icmp: (port) => icmp({ type: 8, id: 1 + port }),
  'half-open TCP': (port) => tcp({ sport: 1000 + port, dport: 53, flags: 'S' }),
};
for (const [what, layer] of Object.entries(LAYERS))
  test(`LIM-3 one router's guests have their share of the sessions: ${what}; another router's connect, and find room again and again`, () => {
    const w = world('10.0.0.0/24');
    const { capacity, head } = w.on('n').state.sessions;
    for (let i = 0; i < capacity + 2000; i++) {
      send(w, GREEDY, `10.0.0.${20 + (i % 200)}`, '8.8.4.4', layer((i / 200) | 0));
      if (i % 40 === 0) w.settle();
    }
    w.settle();
    const counts = [...head.subarray(SessionsHead.Routers)].filter((count) => count > 0);
    assert.equal(counts.length, 2, 'two routers have sessions');
    assert.ok(Math.abs(Math.max(...counts) - mostOf(capacity)) <= 2, `${Math.max(...counts)} of ${capacity}`);
    assert.ok(w.on('n').count('router_sessions_full') > 0);
    assert.equal(w.on('n').count('sessions_full'), 0);
    // Ports of 5000 and more: sessions that nobody has yet.
    const greedy = traceAt(w, 'n', 'in=a,src=10.0.0.20,dst=8.8.4.4,proto=tcp,sport=5000,dport=80');
    assert.equal(greedy.verdict, 'router_sessions_full');
    assert.match(found(greedy, 'table') ?? '', /its router has 8 times what is free/);
    const other = traceAt(w, 'n', 'in=v,src=10.0.0.12,dst=8.8.4.4,proto=tcp,sport=4998,dport=80');
    assert.equal(other.verdict, 'translated');
    for (let i = 0; i < 50; i++) assert.ok(otherConnects(w, '10.0.0.12', 5000 + i), `connection ${i} of the other tenant`);
    w.check();
  });

test("EXH-2 one router's guests have their share of the inside hosts: another router's still begin", () => {
  const w = world('10.0.0.0/8');
  const { capacity, head } = w.on('n').state.hosts;
  for (let i = 0; i < capacity + 500; i++) {
    send(w, GREEDY, `10.1.${i >> 8}.${i & 255}`, '8.8.4.4', udp({ sport: 1000, dport: 53 }));
    if (i % 40 === 0) w.settle();
  }
  w.settle();
  const most = Math.max(...head.subarray(HostsHead.Routers));
  assert.ok(Math.abs(most - mostOf(capacity)) <= 2, `${most} of ${capacity}`);
  assert.ok(w.on('n').count('router_hosts_full') > 0);
  const greedy = traceAt(w, 'n', 'in=a,src=10.2.0.1,dst=8.8.4.4,proto=tcp,sport=5000,dport=80');
  assert.equal(greedy.verdict, 'router_hosts_full');
  assert.match(found(greedy, 'host') ?? '', /its router has 8 times the hosts/);
  for (let i = 0; i < 10; i++) assert.ok(otherConnects(w, `10.0.0.${20 + i}`, 5000), `host ${i} of the other tenant`);
  w.check();
});

test('the gateway of the configuration file has no share; a router has eight times what is free', () => {
  assert.ok(mayTakeMore(0, 1_000_000, 0));
  assert.deepEqual(
    [mayTakeMore(1, 7, 1), mayTakeMore(1, 8, 1), mayTakeMore(1, 0, 0), mayTakeMore(8192, 1 << 26, 1 << 24)],
    [true, false, false, true],
  );
  assert.equal(mostOf(4096), 3641);
});
