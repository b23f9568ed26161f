import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { netnsSkipReason } from '../../support/netns.js';
import { ended, remains, startDemo, until } from './running.js';

const skip = netnsSkipReason();

describe('demo dsnat', { skip }, () => {
  it('shows the rotation, real throughput and the zones, and leaves nothing behind', async () => {
    const demo = startDemo('dsnat');
    assert.equal(await ended(demo), 0, demo.output());
    assert.match(demo.output(), /1\.2\.100\.1 x 3, 1\.2\.100\.2 x 3/);
    assert.match(demo.output(), /1\.2\.100\.3 x 6/);
    assert.match(demo.output(), /TCP to the client, 1 flow \/ 4 flows +\d+\.\d\d Gbit\/s \/ \d+\.\d\d Gbit\/s/);
    assert.match(demo.output(), /1 +tenants +1\.1\.0\.0\/16/);
    assert.deepEqual(remains(demo.pid), []);
  });

  describe('ends', { concurrency: true }, () => {
    for (const [signal, at, code] of [
      ['SIGTERM', 'namespaces', 143],
      ['SIGINT', 'gateway, links and addresses', 130],
      ['SIGINT', 'connections from 1.1.1.1', 130],
      ['SIGHUP', 'iperf3 TCP, 1 flow to the server', 129],
    ] as const) {
      it(`leaves nothing behind after ${signal} during "${at}"`, async () => {
        const demo = startDemo('dsnat');
        await until(demo, at);
        // A terminal gives it to all of its process group, commands that the demo waits for included.
        process.kill(-demo.pid, signal);
        assert.equal(await ended(demo), code, demo.output());
        assert.match(demo.output(), /\ninterrupted; removing namespaces and processes\n$/);
        assert.deepEqual(remains(demo.pid), []);
      });
    }
  });

  it('removes what a killed demo left, and leaves a running one alone', async () => {
    const killed = startDemo('dsnat');
    await until(killed, 'iperf3 TCP, 1 flow to the server');
    killed.child.kill('SIGKILL');
    await ended(killed);
    assert.ok(remains(killed.pid).length > 4, 'a killed demo cannot clean up');
    const running = startDemo('dsnat');
    await until(running, 'ping');
    const next = startDemo('dsnat');
    await until(next, 'ping');
    assert.deepEqual(remains(killed.pid), []);
    next.child.kill('SIGTERM');
    await ended(next);
    await until(running, '6 connections from 1.3.1.1');
    running.child.kill('SIGTERM');
    // It may have come to its end before the signal.
    assert.ok([0, 143].includes((await ended(running)) as number), running.output());
    assert.deepEqual([...remains(running.pid), ...remains(next.pid)], []);
  });

  it('says in one line which step failed and why', async () => {
    const demo = startDemo('dsnat', { ...process.env, PATH: '/nowhere' });
    assert.equal(await ended(demo), 1);
    assert.match(demo.output(), /^windrose: demo: namespaces: .+ is not installed.*$/m);
    assert.deepEqual(remains(demo.pid), []);
  });
});
