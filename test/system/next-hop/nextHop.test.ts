import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import { Protocol, readIpv4 } from '../support/packets.js';
import { eventually, scenario } from '../support/scenario.js';

const REMOTE = '9.9.9.9';
const HELD = 5;

scenario(
  'a next hop that does not answer is told by ICMP 3/1, and one that appears is used',
  { folder: 'next-hop' },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    bed.on('server', `ip addr add ${REMOTE}/32 dev lo`);
    await outside.ask('serveTcp', { port: 7000 });
    const lan = bed.wire('lan');
    const attempt = await inside.ask('connect', { to: REMOTE, port: 7000, timeoutMs: 8000 });
    assert.equal(attempt.error, 'EHOSTUNREACH');
    const [error] = lan
      .collect()
      .flatMap(({ frame }) => readIpv4(frame) ?? [])
      .filter(({ protocol }) => protocol === Protocol.Icmp);
    assert.deepEqual([error?.l4[0], error?.l4[1]], [3, 1]);
    assert.ok((await bed.read.drops()).neighbor_failed! > 0);
    assert.equal(await bed.read.sessionCount(), 0, 'no session for a connection that never left');

    bed.on('server', 'ip addr add 1.2.1.254/16 dev wan');
    await eventually(
      () => inside.ask('connect', { to: REMOTE, port: 7000, payload: 10, timeoutMs: 8000 }),
      ({ ok }) => ok,
      10_000,
    );
  },
);

scenario('a next hop that changes its MAC keeps its flows', { folder: 'next-hop' }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  assert.deepEqual(await inside.ask('hold', { to: SERVER, port: 7000, count: HELD }), { held: HELD, error: '' });

  // Announced: the next frame goes to the new MAC.
  bed.on('server', 'sysctl -qw net.ipv4.conf.wan.arp_notify=1');
  bed.on('server', 'ip link set wan address 02:00:00:00:77:01');
  assert.equal(await inside.ask('echoHeld', { timeoutMs: 1000 }), HELD);

  // Not announced: found out by probing.
  bed.on('server', 'sysctl -qw net.ipv4.conf.wan.arp_notify=0');
  bed.on('server', 'ip link set wan address 02:00:00:00:77:02');
  assert.equal(await inside.ask('echoHeld', { timeoutMs: 15_000 }), HELD);
});
