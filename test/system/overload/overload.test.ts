import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { Protocol, readIpv4, TcpFlag, tcpFlags } from '../support/packets.js';
import { eventually, scenario } from '../support/scenario.js';

const OTHER = '1.2.1.5';
const PORTS = 64;
const links = [client, { ...server, addresses: [...server.addresses, `${OTHER}/16`] }];
const base = { folder: 'overload', workers: [1, 2], links };
const range = Array.from({ length: PORTS }, (_, i) => 2048 + i);

function portsOf(accepted: readonly string[]): number[] {
  return accepted.map((from) => Number(from.split(':')[1])).sort((a, b) => a - b);
}

scenario(
  'Z09 Z10 MAP-3 apdm: a full pool refuses the same remote, and each port serves another one meanwhile',
  base,
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    await outside.ask('serveTcp', { port: 7001 });
    const wan = bed.wire('wan');
    assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, count: PORTS }), { held: PORTS, error: '' });
    assert.deepEqual(portsOf(await outside.ask('accepted', { least: PORTS })), range);
    assert.equal((await inside.ask('connect', { to: SERVER, port: 7000 })).error, 'EHOSTUNREACH', 'the 65th');
    assert.equal((await bed.read.drops()).ports_exhausted, 1);

    for (const [i, remote] of [
      { to: OTHER, port: 7000 },
      { to: SERVER, port: 7001 },
    ].entries()) {
      assert.deepEqual(await inside.ask('hold', { ...remote, count: PORTS }), { held: (i + 2) * PORTS, error: '' });
      assert.deepEqual(portsOf(await outside.ask('accepted', { least: PORTS })), range, 'the same ports again');
      assert.equal((await inside.ask('connect', remote)).error, 'EHOSTUNREACH', 'until it is full as well');
    }
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), 3 * PORTS, 'each answer reaches its own connection');
    const remotes = new Map<number, Set<string>>();
    for (const { frame } of wan.collect()) {
      const packet = readIpv4(frame);
      if (packet === undefined || tcpFlags(packet) !== TcpFlag.Syn) continue;
      const own = remotes.get(packet.sourcePort) ?? new Set();
      remotes.set(packet.sourcePort, own.add(`${packet.destination}:${packet.destinationPort}`));
    }
    assert.deepEqual(
      [...remotes.values()].map(({ size }) => size),
      Array(PORTS).fill(3),
      'three remotes by each external port at a time',
    );
    assert.equal((await bed.read.drops()).ports_exhausted, 3);
    assert.equal(await bed.read.refused('small'), 3);
    assert.equal(await bed.read.portsUsed(), PORTS);
    assert.equal((await bed.operator.show('sessions')).length, 3 * PORTS);
  },
);

scenario(
  'Z09 eim without overload: a full pool refuses every remote, known mappings go on',
  { ...base, config: 'eim.yaml' },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, count: PORTS }), { held: PORTS, error: '' });
    assert.deepEqual(portsOf(await outside.ask('accepted', { least: PORTS })), range);
    assert.equal((await inside.ask('connect', { to: SERVER, port: 7000 })).error, 'EHOSTUNREACH');
    assert.equal((await inside.ask('connect', { to: OTHER, port: 7000 })).error, 'EHOSTUNREACH');
    assert.equal((await bed.read.drops()).ports_exhausted, 2);
    assert.equal(await bed.read.refused('small'), 2);
    assert.equal(await bed.read.portsUsed(), PORTS);

    // UDP has ports of its own (GEN-5).
    const wan = bed.wire('wan');
    const remote = await outside.ask('udpOpen', { address: SERVER });
    const locals: number[] = [];
    for (let i = 0; i <= PORTS; i++) {
      locals.push(await inside.ask('udpOpen', {}));
      assert.equal(await inside.ask('udpSend', { local: locals[i]!, to: SERVER, port: remote, text: `${i}` }), '');
    }
    const taken = await outside.ask('udpTaken', { local: remote, least: PORTS });
    assert.deepEqual(portsOf(taken.map(({ from }) => from)), range);
    await eventually(
      () => bed.read.drops(),
      ({ ports_exhausted }) => ports_exhausted === 3,
    );
    const other = await outside.ask('udpOpen', { address: OTHER });
    const mapped = Number(taken[0]!.text);
    await inside.ask('udpSend', { local: locals[mapped]!, to: OTHER, port: other, text: 'again' });
    assert.deepEqual(await outside.ask('udpTaken', { local: other, least: 1 }), [{ from: taken[0]!.from, text: 'again' }]);
    for (const { frame } of wan.collect()) {
      const packet = readIpv4(frame);
      if (packet?.protocol === Protocol.Udp) assert.equal(packet.source, '1.2.100.1');
    }
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), PORTS);
  },
);
