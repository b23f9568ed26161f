import assert from 'node:assert/strict';
import { client, SERVER, server } from '../support/bed.js';
import { eventually, pause, scenario } from '../support/scenario.js';

const hosts = ['1.1.2.1', '1.1.2.2', '1.1.3.1', '1.1.3.2', '1.1.4.1', '1.1.4.2'];
const links = [
  { ...client, addresses: ['1.1.1.1/16', ...hosts.map((host) => `${host}/16`)] },
  { ...server, addresses: [...server.addresses, '1.2.1.5/16'] },
];

scenario(
  'Z27 LIM-1 LIM-2 a host at its limit of sessions, ports or new sessions is refused, the one beside it is not',
  { folder: 'host-limits', workers: [1, 2], links },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    const target = { to: SERVER, port: 7000 };
    assert.deepEqual(await inside.ask('hold', { ...target, from: '1.1.2.1', count: 21 }), { held: 20, error: 'EHOSTUNREACH' });
    assert.equal((await bed.read.drops()).host_limit, 1);
    assert.equal(await bed.read.refused('sessions'), 1);
    assert.deepEqual(await inside.ask('hold', { ...target, from: '1.1.2.2', count: 20 }), { held: 40, error: '' });
    assert.equal((await inside.ask('connect', { ...target, to: '1.2.1.5', from: '1.1.2.1' })).error, 'EHOSTUNREACH');
    assert.equal(await inside.ask('echoHeld', { timeoutMs: 2000 }), 40);

    // Ports: eight sockets by eim, each with two remotes.
    for (const port of [7001, 7002]) await outside.ask('udpOpen', { address: SERVER, port, echo: true });
    for (const address of ['1.1.3.1', '1.1.3.2']) {
      const refused = (await bed.read.drops()).host_limit!;
      for (let i = 0; i < 9; i++) {
        const local = await inside.ask('udpOpen', { address });
        for (const port of [7001, 7002]) await inside.ask('udpSend', { local, to: SERVER, port, text: 'hello' });
        const came = await inside.ask('udpTaken', { local, least: 2, timeoutMs: i < 8 ? 2000 : 200 });
        assert.equal(came.length, i < 8 ? 2 : 0, `${address}, socket ${i}`);
      }
      await eventually(
        () => bed.read.drops(),
        ({ host_limit }) => host_limit === refused + 2,
      );
      // TCP has ports of its own.
      assert.ok((await inside.ask('connect', { ...target, from: address })).ok);
    }

    // Rate: a burst of 20 of 60, then five each second.
    await outside.ask('udpOpen', { address: SERVER, port: 7003 });
    const flood = async (address: string, count: number): Promise<number> => {
      for (let i = 0; i < count; i++) {
        const local = await inside.ask('udpOpen', { address });
        await inside.ask('udpSend', { local, to: SERVER, port: 7003, text: address });
      }
      await pause(200);
      return (await outside.ask('udpTaken', { local: 7003, least: 0 })).length;
    };
    const started = performance.now();
    const passed = await flood('1.1.4.1', 60);
    const most = 20 + Math.ceil(((performance.now() - started) / 1000) * 5);
    assert.ok(passed >= 20 && passed <= most && most < 60, `${passed} of 60, at most ${most}`);
    assert.equal((await bed.read.drops()).host_rate, 60 - passed);
    assert.equal(await flood('1.1.4.2', 15), 15, 'the other host has a burst of its own');
    await pause(1300);
    assert.ok((await flood('1.1.4.1', 5)) >= 5, 'five more after a second');
  },
);
