import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { Protocol, readIpv4 } from '../support/packets.js';
import { scenario } from '../support/scenario.js';

const OTHER = '1.2.1.5';
const links = [
  { ...client, addresses: ['1.1.1.1/16', '1.1.1.2/16'] },
  { ...server, addresses: [...server.addresses, `${OTHER}/16`] },
];

scenario(
  'Z11 MAP-1 MAP-2 GEN-5 eim shows every remote the same endpoint of a socket, apdm each its own',
  { folder: 'mapping', workers: [1, 2], links },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    const remotes = [
      { address: SERVER, port: 7000 },
      { address: SERVER, port: 7001 },
      { address: OTHER, port: 7002 },
    ];
    for (const remote of remotes) await outside.ask('udpOpen', { ...remote, echo: true });
    for (const port of [7100, 7101]) await outside.ask('serveTcp', { port });
    const all: string[] = [];
    for (const [address, isIndependent] of [
      ['1.1.1.1', true],
      ['1.1.1.2', false],
    ] as const) {
      // Two sockets of the host, and two rounds: the second finds the mappings of the first.
      for (const local of [await inside.ask('udpOpen', { address }), await inside.ask('udpOpen', { address })]) {
        const seen: string[] = [];
        for (const remote of [...remotes, ...remotes]) {
          await inside.ask('udpSend', { local, to: remote.address, port: remote.port, text: 'hello' });
          const [datagram] = await outside.ask('udpTaken', { local: remote.port, least: 1 });
          seen.push(datagram!.from);
          const answer = await inside.ask('udpTaken', { local, least: 1 });
          assert.deepEqual(answer, [{ from: `${remote.address}:${remote.port}`, text: 'hello' }]);
        }
        assert.deepEqual(seen.slice(0, 3), seen.slice(3), 'a flow keeps its endpoint');
        assert.equal(new Set(seen).size, isIndependent ? 1 : 3, `UDP of ${address}: ${seen}`);
        all.push(...new Set(seen));
      }
    }
    assert.equal(new Set(all).size, 8, 'no two sockets share an endpoint');

    // The same inside port by TCP, towards two servers.
    await outside.ask('accepted', { least: 0 });
    for (const [to, port] of [
      [SERVER, 7100],
      [OTHER, 7101],
    ] as const) {
      assert.equal((await inside.ask('tcpOpen', { to, port, localPort: 4000 })).error, '');
    }
    const tcp = await outside.ask('accepted', { least: 2 });
    assert.equal(new Set(tcp).size, 1, `TCP of 1.1.1.1: ${tcp}`);
    assert.equal(await inside.ask('tcpEcho', { octets: 20_000 }), 2);

    // ping(8) takes an identifier of our choice: two targets, one external identifier.
    const wan = bed.wire('wan');
    for (const to of [SERVER, OTHER]) bed.on('client', `ping -c 2 -i 0.2 -w 5 -e 4321 ${to}`);
    const queries = wan.collect().flatMap(({ frame }) => {
      const packet = readIpv4(frame);
      return packet?.protocol === Protocol.Icmp && packet.l4[0] === 8 ? [`${packet.source} ${packet.sourcePort}`] : [];
    });
    assert.equal(queries.length, 4);
    assert.equal(new Set(queries).size, 1, `ICMP of 1.1.1.1: ${queries}`);
    assert.deepEqual(wan.verifyChecksums().wrong, []);
  },
);
