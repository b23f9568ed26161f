import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import { eventually, pause, scenario } from '../support/scenario.js';

const folder = 'tcp-states';
const workers = [1, 2];

scenario('TCP-11 TIM-1 a half-closed connection outlives the closing timer by far', { folder, workers }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('tcpListen', { port: 7000, does: 'late', ms: 3000 });
  assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000 })).error, '');
  assert.deepEqual(
    await inside.ask('tcpHalfClose', { timeoutMs: 6000 }),
    ['late'],
    'what the server says three seconds after the FIN',
  );
  // Both FINs are through: the closing timer of one second.
  await eventually(
    () => bed.read.sessionCount(),
    (count) => count === 0,
    2500,
  );
});

scenario('TCP-8 the same port again at once, after FINs and after an RST', { folder, workers }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('tcpListen', { port: 7000, does: 'closes' });
  await outside.ask('tcpListen', { port: 7001, does: 'echo' });
  for (let i = 0; i < 4; i++) {
    assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000, localPort: 4000 })).error, '', `life ${i}`);
    assert.ok((await inside.ask('tcpFates', { timeoutMs: 2000 })).every((fate) => fate === 'closed'));
    // The server closed first, so the client's port is free as soon as the last acknowledgement is there.
    await pause(200);
  }
  await inside.ask('tcpForget', null);
  await outside.ask('tcpForget', null);
  for (let i = 0; i < 4; i++) {
    assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7001, localPort: 4001 })).error, '', `life ${i}`);
    assert.equal(await inside.ask('tcpEcho', { octets: 1000 }), 1);
    await inside.ask('tcpReset', null);
    assert.deepEqual(await outside.ask('tcpFates', { timeoutMs: 2000 }), ['ECONNRESET'], 'the RST arrives');
    await inside.ask('tcpForget', null);
    await outside.ask('tcpForget', null);
  }
  assert.ok((await bed.read.portsUsed()) <= 2, 'eight lives of two sessions');
});

scenario(
  'TCP-9 midstream reset: a connection whose session is gone fails at once',
  { folder, config: 'reset.yaml', workers },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('tcpListen', { port: 7000, does: 'echo' });
    for (let i = 0; i < 5; i++) assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000 })).error, '');
    assert.equal(await inside.ask('tcpEcho', { octets: 100 }), 5);
    await eventually(
      () => bed.read.sessionCount(),
      (count) => count === 0,
      7000,
    );
    const started = Date.now();
    const fates = await inside.ask('tcpFates', { write: true, timeoutMs: 3000 });
    assert.deepEqual(fates, Array(5).fill('ECONNRESET'));
    assert.ok(Date.now() - started < 1000, 'at once');
    assert.deepEqual(await outside.ask('tcpFates', { timeoutMs: 100 }), Array(5).fill('open'), 'outside nothing is said');
  },
);

scenario(
  'TCP-9 midstream adopt: a connection older than its session goes on, as after a failover',
  { folder, config: 'adopt.yaml', workers },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('tcpListen', { port: 7000, does: 'echo' });
    assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000 })).error, '');
    for (let i = 0; i < 2; i++) {
      assert.equal(await inside.ask('tcpEcho', { octets: 20_000 }), 1);
      await eventually(
        () => bed.read.sessionCount(),
        (count) => count === 0,
        6000,
      );
    }
    assert.equal(await inside.ask('tcpEcho', { octets: 20_000 }), 1, 'by the only port, so the server sees no difference');
    assert.deepEqual(await outside.ask('tcpFates', { timeoutMs: 10 }), ['open']);
    assert.equal((await bed.read.drops()).not_syn, 0);
  },
);

scenario('TIM-6 both kernels take the RSTs of an idle session', { folder, config: 'expiry.yaml', workers }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('tcpListen', { port: 7000, does: 'echo' });
  for (let i = 0; i < 3; i++) assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000 })).error, '');
  // Enough for super-frames and for acknowledgements of every kind.
  assert.equal(await inside.ask('tcpEcho', { octets: 300_000 }), 3);
  await pause(2500);
  assert.deepEqual(await inside.ask('tcpFates', { timeoutMs: 10 }), Array(3).fill('open'));
  assert.deepEqual(await inside.ask('tcpFates', { timeoutMs: 5000 }), Array(3).fill('ECONNRESET'));
  assert.deepEqual(await outside.ask('tcpFates', { timeoutMs: 1000 }), Array(3).fill('ECONNRESET'));
  assert.equal(await bed.read.sessionCount(), 0);
});
