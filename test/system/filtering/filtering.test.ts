import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { eventually, pause, scenario } from '../support/scenario.js';

const THIRD = '1.2.1.5';
/** Host, and who of endpoint, address and third party reaches it. */
const rules = [
  ['1.1.2.1', ['endpoint', 'address', 'third']],
  ['1.1.2.2', ['endpoint', 'address']],
  ['1.1.2.3', ['endpoint']],
  ['1.1.2.4', ['endpoint']],
] as const;
const links = [
  { ...client, addresses: ['1.1.1.1/16', ...rules.map(([address]) => `${address}/16`)] },
  { ...server, addresses: [...server.addresses, `${THIRD}/16`] },
];
const base = { folder: 'filtering', workers: [1, 2], links };

scenario('Z11 FIL-1 FIL-2 eif, adf and apdf let in whom they say', base, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('udpOpen', { address: SERVER, port: 7000 });
  await outside.ask('udpOpen', { address: SERVER, port: 7001 });
  await outside.ask('udpOpen', { address: THIRD, port: 7002 });
  const senders = { endpoint: 7000, address: 7001, third: 7002 };
  for (const [address, reach] of rules) {
    const local = await inside.ask('udpOpen', { address });
    await inside.ask('udpSend', { local, to: SERVER, port: 7000, text: 'open' });
    const [opened] = await outside.ask('udpTaken', { local: 7000, least: 1 });
    const [to, port] = opened!.from.split(':') as [string, string];
    const before = (await bed.read.drops()).filtered! + (await bed.read.drops()).no_session!;
    for (const [who, socket] of Object.entries(senders))
      await outside.ask('udpSend', { local: socket, to, port: Number(port), text: who });
    const came = await inside.ask('udpTaken', { local, least: reach.length });
    // Two workers may handle two of the senders: which of their datagrams comes first is not promised.
    assert.deepEqual(came.map(({ text }) => text).sort(), [...reach].sort(), address);
    await eventually(
      () => bed.read.drops(),
      ({ filtered, no_session }) => filtered! + no_session! === before + 3 - reach.length,
    );
    assert.deepEqual(await inside.ask('udpTaken', { local, least: 1, timeoutMs: 50 }), [], 'nothing else');
    if (address === '1.1.2.1') {
      await inside.ask('udpSend', { local, to: THIRD, port: 7002, text: 'answer' });
      assert.deepEqual(await outside.ask('udpTaken', { local: 7002, least: 1 }), [{ from: opened!.from, text: 'answer' }]);
    }
    if (address !== '1.1.2.2') continue;
    // Who is kept out keeps no mapping alive.
    for (let i = 0; i < 6; i++) {
      await pause(400);
      await outside.ask('udpSend', { local: 7002, to, port: Number(port), text: 'knock' });
    }
    await eventually(
      () => bed.operator.show('sessions'),
      (rows) => !rows.some(({ external }) => external === opened!.from),
      1000,
    );
  }
});

scenario('Z11 eif lets a connection in to a port that opened one itself, adf does not', base, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  const external: string[] = [];
  for (const [i, from] of ['1.1.2.1', '1.1.2.2'].entries()) {
    bed.on('client', `ip route replace ${SERVER} via 1.1.100.1 src ${from}`);
    assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000, localPort: 4000 + i })).error, '');
    external.push(...(await outside.ask('accepted', { least: 1 })));
    await inside.ask('serveTcp', { port: 4000 + i });
  }
  const ask = (endpoint: string, from: string) => {
    const [to, port] = endpoint.split(':') as [string, string];
    return outside.ask('connect', { to, port: Number(port), from, payload: 50_000, timeoutMs: 1500 });
  };
  assert.match(external[0]!, /^1\.2\.100\.1:/);
  assert.equal((await ask(external[0]!, THIRD)).error, '');
  assert.match((await inside.ask('accepted', { least: 1 }))[0]!, /^1\.2\.1\.5:/, 'the sender keeps its address');
  assert.equal((await ask(external[1]!, THIRD)).error, 'ETIMEDOUT');
  assert.equal((await ask(external[1]!, SERVER)).error, '', 'another port of an address that was spoken to');
  assert.equal(await inside.ask('tcpEcho', { octets: 20_000 }), 2, 'those of before go on');
});
