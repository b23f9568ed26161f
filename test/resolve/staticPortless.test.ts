import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { decode } from '../support/decode.js';
import { eth, ipv4, packet } from '../support/layers.js';
import { World } from '../support/world.js';

const yaml = `
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: ["default via 192.0.2.254 dev wan"]
staticMappings: [{ external: 192.0.2.60, inside: 10.0.0.3 }]
`;
const GRE = 47;
const frame = packet(
  eth({ dst: '02:aa:00:00:00:01' }),
  ipv4({ src: '10.0.0.3', dst: '198.51.100.7', protocol: GRE }),
  new Uint8Array(16),
);

test('STA-1 OPS-1 a flow without ports goes on under a configuration with other routes', () => {
  const w = new World({ yaml });
  for (const epoch of [2, 3]) {
    w.send('lan', frame);
    const { ipv4: ip } = decode(w.one('wan').octets);
    assert.deepEqual([ip!.src, ip!.dst], ['192.0.2.60', '198.51.100.7']);
    w.reload(yaml, epoch);
  }
  w.send('lan', frame);
  w.one('wan');
  assert.equal(w.count('translated'), 3);
  assert.equal(w.sessionCount, 1);
  assert.equal(w.state.counters.verdicts[Verdict.Continue], 0, 'every frame has a verdict');
});
