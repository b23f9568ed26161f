import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postJson } from '../../../src/cli/controlClient.js';
import type { ReloadReport } from '../../../src/types/reload.js';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, CLIENT, client, kinds, SERVER, server } from '../support/bed.js';
import { drawn } from '../support/draw.js';
import { GatewayProcess } from '../support/gatewayProcess.js';
import { Protocol, readIpv4 } from '../support/packets.js';
import { eventually, pause } from '../support/scenario.js';
import { changed } from './steps.js';

/** Sends UDP from ever new ports without a break, on a device that may come and go. */
const FLOOD = `
import socket, time
port = 20000
while True:
    port = 20000 + (port + 1) % 20000
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.bind(('${CLIENT}', port))
        s.sendto(b'x' * 64, ('${SERVER}', 9))
    except OSError:
        pass
    s.close()
    time.sleep(0.001)
`;

for (const kind of drawn('start', kinds)) {
  test(`OPS-5 nothing leaves untranslated while the gateway starts, reloads, is killed and starts again (${kind})`, {
    skip: netnsSkipReason(),
    timeout: 60_000,
  }, async () => {
    const bed = new Bed(kind, [client, server]);
    let gateway: GatewayProcess | undefined;
    try {
      // The devices are there before the gateway and stay when it dies, so that frames wait for it.
      if (kind === 'tap') {
        for (const { host, name } of bed.links) {
          bed.on(host, `ip tuntap add dev ${name} mode tap multi_queue vnet_hdr`);
          bed.on(host, `ip link set ${name} up`);
          bed.on(host, `ip addr add ${bed.links.find((link) => link.host === host)!.addresses[0]} dev ${name}`);
        }
        bed.on('client', 'ip route add default via 1.1.100.1');
      } else bed.addressHosts();
      const file = bed.writeConfig(changed());
      // The next hop and the gateway's MAC are known to the hosts from the first life on.
      gateway = await GatewayProcess.start(file);
      bed.on('client', `ping -c 2 -i 0.1 -w 5 ${SERVER}`);
      await gateway.stop('SIGKILL');

      const wan = bed.wire('wan');
      const translated = (): number => wan.collect().filter(({ frame }) => isData(frame)).length;
      bed.sandbox.start(bed.netns('client'), ['python3', '-c', FLOOD]);
      await pause(200);
      for (let life = 0; life < 2; life++) {
        const before = translated();
        gateway = await GatewayProcess.start(file);
        await eventually(translated, (count) => count > before + 20);
        for (const addresses of ['[1.2.100.2]', '[1.2.100.5, 1.2.100.1]', '[1.2.100.1, 1.2.100.2]']) {
          const inReload = translated();
          bed.writeConfig(changed(['[1.2.100.1, 1.2.100.2]', addresses]));
          const report = (await postJson(bed.socket, '/v1/reload')) as ReloadReport;
          assert.ok(report.ok && report.changes.length > 0, JSON.stringify(report));
          await eventually(translated, (count) => count > inReload + 20);
        }
        await gateway.stop(life === 0 ? 'SIGKILL' : 'SIGTERM');
        await pause(200);
      }
      wan.collect();
      const sources = new Set(wan.frames.flatMap(({ frame }) => (isData(frame) ? [readIpv4(frame)!.source] : [])));
      assert.deepEqual([...sources].sort(), ['1.2.100.1', '1.2.100.2', '1.2.100.5']);
    } finally {
      gateway?.child.kill('SIGKILL');
      bed.close();
    }
  });
}

/** What the client sends, whoever it says it is from. */
function isData(frame: Buffer): boolean {
  const packet = readIpv4(frame);
  return packet !== undefined && packet.protocol === Protocol.Udp && packet.destination === SERVER;
}
