/** The gateway itself: zone PAT between two TAPs, or between packet sockets on two veth ends. */
import { existsSync, writeFileSync } from 'node:fs';
import { repository } from '../harness.js';
import { start, untilOutput } from './processes.js';
import * as topology from './topology.js';
import { untilForwarding, type Yardstick } from './yardstick.js';

export const windrose = windroseOn('tap');
export const windrosePacket = windroseOn('packet');

function windroseOn(kind: 'tap' | 'packet'): Yardstick {
  const name = kind === 'tap' ? 'windrose' : 'windrose-packet';
  const program = `${repository}/out/src/main.js`;
  return {
    name,
    missing: () => (existsSync(program) ? undefined : `${program} (npm run build)`),
    async start({ folder, placement }) {
      const ns = topology.addNamespaces(name);
      if (kind === 'packet') topology.addVethLinks(ns);
      const file = `${folder}/${name}.yaml`;
      writeFileSync(file, config(`bench-${kind}-${process.pid}`, kind, ns));
      const [command, ...args] = [
        ...topology.pinned(placement.forwarderCpus),
        process.execPath,
        program,
        'run',
        '--config',
        file,
      ];
      await untilOutput(start(`${folder}/${name}.log`, command, args), /ready/, 20);
      topology.addRoutedAddresses(ns);
      return untilForwarding(ns, topology.CLIENT_ADDRESS, topology.INSIDE_GATEWAY);
    },
  };
}

function config(name: string, kind: 'tap' | 'packet', ns: topology.Namespaces): string {
  const [inside, outside] =
    kind === 'tap'
      ? [`tap: ${topology.CLIENT_DEVICE}, netns: ${ns.client}`, `tap: ${topology.SERVER_DEVICE}, netns: ${ns.server}`]
      : [`packet: ${topology.INSIDE_DEVICE}, netns: ${ns.middle}`, `packet: ${topology.OUTSIDE_DEVICE}, netns: ${ns.middle}`];
  return `name: ${name}
ifaces:
  - { name: lan, ${inside}, role: inside, addresses: [${topology.INSIDE_GATEWAY}/16] }
  - { name: wan, ${outside}, role: outside, addresses: [${topology.OUTSIDE_GATEWAY}/16] }
zones:
  - { match: 1.1.0.0/16, localAddresses: [1.2.100.1, 1.2.100.2] }
  - { match: 0.0.0.0/0, localAddresses: [1.2.100.3] }
metrics: { listen: 127.0.0.1:0 }
`;
}
