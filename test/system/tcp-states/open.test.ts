import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import { scenario } from '../support/scenario.js';

const folder = 'tcp-states';
const EXTERNAL = '1.2.100.1';

scenario(
  'TCP-3 TCP-4 simultaneous open of two kernels; an unsolicited one is refused after six seconds, not before',
  { folder, config: 'one-port.yaml', workers: [1, 2] },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    const unsolicited = outside.ask('tcpOpen', { to: EXTERNAL, port: 50_000, timeoutMs: 12_000 });
    // Its first SYN is held; the inside opens the same connection half a second later.
    const early = outside.ask('tcpOpen', { to: EXTERNAL, port: 40_000, localPort: 7000, timeoutMs: 9000 });
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000, timeoutMs: 5000 })).error, '');
    assert.equal((await early).error, '', 'both sockets are connected');
    assert.equal(await inside.ask('tcpEcho', { octets: 0 }), 1);
    const refused = await unsolicited;
    assert.equal(refused.error, 'ECONNREFUSED');
    assert.ok(refused.ms >= 6000 && refused.ms < 8000, `refused after ${refused.ms} ms`);
    assert.deepEqual(await outside.ask('tcpFates', { write: true, timeoutMs: 300 }), ['open'], 'the other goes on');
    const drops = await bed.read.drops();
    assert.ok(drops.unsolicited_syn! >= 2, `${drops.unsolicited_syn} unsolicited`);
  },
);

scenario('TCP-4 without the option an unsolicited SYN is never answered', { folder, config: 'silent.yaml' }, async (bed) => {
  const outside = await bed.peer('server');
  const { error } = await outside.ask('tcpOpen', { to: EXTERNAL, port: 50_000, timeoutMs: 1500 });
  assert.equal(error, 'ETIMEDOUT');
});
