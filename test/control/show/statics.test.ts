import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showStatics } from '../../../src/control/show/statics.js';
import { MAC } from '../../support/dvrSample.js';
import { FabricWorld } from '../../support/fabric.js';
import { floatingIp, floatingSample, fromUpstream } from '../../support/floatingSample.js';
import { eth, ipv4, packet, udp } from '../../support/layers.js';
import { SNAT_MAC } from '../../support/snatSample.js';

const forwarding = { protocol: 'tcp', port: 8080, lport: 'a2', toPort: 80 } as const;
const objects = {
  ...floatingSample,
  floatingIps: [
    floatingIp('192.168.1.101', 'a1', '10.0.0.11', { placement: 'centralized' }),
    {
      ...floatingIp('192.168.1.104', 'a2', '10.0.0.12'),
      ...{ lport: undefined, fixed: undefined },
      forwardings: [{ ...forwarding, fixed: floatingIp('192.168.1.1', 'a2', '10.0.0.12').fixed! }],
    },
  ],
};

test('floating IPs and forwarded ports of a SNAT service are listed where it is, with their sessions', async () => {
  const w = new FabricWorld(objects);
  const frame = eth({ src: SNAT_MAC.u, dst: SNAT_MAC.q });
  fromUpstream(w, packet(frame, ipv4({ src: '8.8.8.8', dst: '192.168.1.101' }), udp({ sport: 53, dport: 4000 })));
  const listed = async (host: string) => {
    const { built, state } = w.on(host);
    return (await showStatics({ built, states: [state] })).map((row) => Object.values(row).join(' '));
  };
  assert.deepEqual(await listed('n'), [
    '192.168.1.101 any 192.168.1.101 10.0.0.11 1 r',
    '192.168.1.104 tcp/8080 tcp 192.168.1.104:8080 10.0.0.12:80 0 r',
  ]);
  assert.deepEqual(await listed('h1'), []);
  assert.ok(w.on('h1').got('a1').length > 0, MAC.a1);
});
