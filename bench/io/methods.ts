/** The ways of packet I/O that are compared: bench/ref/packetio.c between two veth pairs, one process for each. */
import { existsSync } from 'node:fs';
import { repository } from '../harness.js';
import { isInstalled, start, untilOutput } from '../system/processes.js';
import * as topology from '../system/topology.js';
import { untilForwarding, type Yardstick } from '../system/yardstick.js';

export const methods: readonly Yardstick[] = [
  method('mmsg'),
  method('slots'),
  method('ring'),
  method('ring-both'),
  method('xdp'),
];

function method(name: string): Yardstick {
  const program = `${repository}/out/bench/ref/packetio`;
  return {
    name,
    missing() {
      if (!existsSync(program)) return `${program} (make -C bench/ref)`;
      return name !== 'xdp' || isInstalled('ethtool') ? undefined : 'ethtool (package ethtool)';
    },
    async start({ folder, placement }) {
      const ns = topology.addNamespaces(`io-${name}`);
      topology.addVethLinks(ns);
      const client = topology.addBridgedAddresses(ns);
      if (name === 'xdp') finishChecksums(ns);
      const ends = [`${ns.middle}:${topology.INSIDE_DEVICE}`, `${ns.middle}:${topology.OUTSIDE_DEVICE}`];
      const [command, ...args] = [...topology.pinned(placement.forwarderCpus), program, name, ...ends];
      const loop = start(`${folder}/${name}.log`, command, args);
      await untilOutput(loop, /ready/, 10);
      return { ...untilForwarding(ns, client, topology.SERVER_ADDRESS), forwarder: loop };
    },
  };
}

/** AF_XDP loses the note that a checksum is unfinished, so the hosts finish theirs themselves. */
function finishChecksums(ns: topology.Namespaces): void {
  topology.inside(ns.client, 'ethtool', '-K', topology.CLIENT_DEVICE, 'tx', 'off');
  topology.inside(ns.server, 'ethtool', '-K', topology.SERVER_DEVICE, 'tx', 'off');
}
