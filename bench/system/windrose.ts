/** The gateway itself: zone PAT between two TAPs, or between packet sockets on two veth ends. */
import { existsSync, writeFileSync } from 'node:fs';
import { repository } from '../harness.js';
import { start, untilOutput } from './processes.js';
import * as topology from './topology.js';
import { untilForwarding, type Yardstick } from './yardstick.js';

export const windrose = windroseOn('tap', 1);
export const windrosePacket = windroseOn('packet', 1);
/** Two workers on all CPUs: on a machine with two, one of them shares its CPU with generator and iperf3. */
export const windroseTwo = windroseOn('tap', 2);
export const windrosePacketTwo = windroseOn('packet', 2);

function windroseOn(kind: 'tap' | 'packet', workers: 1 | 2): Yardstick {
  const name = `windrose${kind === 'tap' ? '' : '-packet'}${workers === 1 ? '' : '-2w'}`;
  const program = `${repository}/out/src/main.js`;
  return {
    name,
    missing: () => (existsSync(program) ? undefined : `${program} (npm run build)`),
    async start({ folder, placement }) {
      const ns = topology.addNamespaces(name);
      if (kind === 'packet') topology.addVethLinks(ns);
      const file = `${folder}/${name}.yaml`;
      writeFileSync(file, config(`bench-${kind}-${workers}-${process.pid}`, kind, workers, ns, placement.forwarderCpus));
      const [command, ...args] = [process.execPath, program, 'run', '--config', file];
      const gateway = start(`${folder}/${name}.log`, command, args);
      // What is measured is forwarding: by then the spare worker shares no CPU with it any more.
      await untilOutput(gateway, /spare worker warm/, 40);
      topology.addRoutedAddresses(ns);
      return { ...untilForwarding(ns, topology.CLIENT_ADDRESS, topology.INSIDE_GATEWAY), forwarder: gateway };
    },
  };
}

/** One worker is pinned by the configuration: where main has no CPU beside it (taskset) an idle worker would not poll (D25). */
function config(name: string, kind: 'tap' | 'packet', workers: number, ns: topology.Namespaces, cpus: string): string {
  const pinned = workers === 1 && cpus !== '' ? `cpus: [${cpus.split(',')[0]}]\n` : '';
  const [inside, outside] =
    kind === 'tap'
      ? [`tap: ${topology.CLIENT_DEVICE}, netns: ${ns.client}`, `tap: ${topology.SERVER_DEVICE}, netns: ${ns.server}`]
      : [`packet: ${topology.INSIDE_DEVICE}, netns: ${ns.middle}`, `packet: ${topology.OUTSIDE_DEVICE}, netns: ${ns.middle}`];
  return `name: ${name}
workers: ${workers}
ifaces:
  - { name: lan, ${inside}, role: inside, addresses: [${topology.INSIDE_GATEWAY}/16] }
  - { name: wan, ${outside}, role: outside, addresses: [${topology.OUTSIDE_GATEWAY}/16] }
zones:
  - { match: 1.1.0.0/16, localAddresses: [1.2.100.1, 1.2.100.2, 1.2.100.5, 1.2.100.6], hostLimits: { sessions: off, ports: off, halfOpen: off, newSessions: off } }
  - { match: 0.0.0.0/0, localAddresses: [1.2.100.3] }
${pinned}metrics: { listen: 127.0.0.1:0 }
timers: { tcpReset: 10s }
`;
}
