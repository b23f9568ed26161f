import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { EtherType, ethernet, ipv4, Protocol, TcpFlag, tcp } from '../support/packets.js';
import { pause, scenario } from '../support/scenario.js';

const FLOODER = '1.1.1.1';
const OTHER = '1.1.1.2';
const SILENT = '1.2.1.99';
const SYNS = 50_000;
/** Of `hostLimits`, unless configured. */
const HALF_OPEN = 1024;
const links = [
  { ...client, addresses: [`${FLOODER}/16`, `${OTHER}/16`] },
  { ...server, addresses: [...server.addresses, `${SILENT}/16`] },
];

scenario(
  'Z31 DOS-3 50,000 SYNs of one host to a blackhole: its limit holds, and another host connects meanwhile',
  { folder: 'host-limits', config: 'flood.yaml', on: ['tap'], workers: [1, 2], links },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    bed.on('server', ['nft', 'add table ip quiet; add chain ip quiet in { type filter hook prerouting priority -400; }']);
    bed.on('server', ['nft', `add rule ip quiet in ip daddr ${SILENT} counter drop`]);
    await outside.ask('serveTcp', { port: 7000 });
    assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, from: FLOODER, count: 5 }), { held: 5, error: '' });
    const mac = bed.gatewayMac('client', '1.1.100.1');
    const lan = bed.wire('lan');
    const ends = { source: FLOODER, destination: SILENT };
    const others = inside.ask('connectRate', {
      to: SERVER,
      ports: [7000],
      from: OTHER,
      payload: 100,
      perSecond: 20,
      seconds: 5,
    });
    for (let i = 0; i < SYNS; i++) {
      const ports = { source: 1024 + i, destination: 80 };
      lan.send(ethernet(mac, lan.mac, EtherType.Ipv4, ipv4({ ...ends, protocol: Protocol.Tcp }, tcp(ends, ports, TcpFlag.Syn))));
      if (i % 500 !== 499) continue;
      await pause(20);
      lan.clear();
    }
    const { ok, errors } = await others;
    assert.deepEqual(errors, {}, 'no connection of the other host fails');
    assert.ok(ok >= 80, `${ok} connections of the other host`);
    // Counted by the kernel: a capture may lose some of a burst.
    const left = Number(/counter packets (\d+)/.exec(bed.on('server', 'nft list chain ip quiet in'))![1]);
    assert.equal(left, HALF_OPEN, 'SYNs of the flood that left');
    const drops = await bed.read.drops();
    // The first ones find the next hop unknown: some of them wait, the rest have no room to.
    const refused = drops.host_limit! + drops.host_rate! + drops.neighbor_queue_full!;
    assert.equal(refused, SYNS - HALF_OPEN, JSON.stringify(drops));
    const rows = await bed.operator.show('sessions');
    assert.equal(
      rows.filter(({ inside: host, remote }) => host.startsWith(`${FLOODER}:`) && remote === `${SILENT}:80`).length,
      HALF_OPEN,
    );
    assert.equal(new Set(rows.map(({ external }) => external)).size, rows.length, 'each has a port of its own');
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), 5, 'what the host had goes on');
    const udp = await outside.ask('udpOpen', { address: SERVER, port: 7001, echo: true });
    assert.ok((await inside.ask('askUdp', { to: SERVER, port: udp, from: FLOODER, octets: 10 })).ok, 'UDP is no TCP');
  },
);
