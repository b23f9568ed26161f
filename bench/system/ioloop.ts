/** The I/O limit: bench/ref/ioloop.c between two TAPs, or bench/ref/packetio.c between packet sockets with rings on two veth ends. */
import { existsSync } from 'node:fs';
import { repository } from '../harness.js';
import { start, untilOutput } from './processes.js';
import * as topology from './topology.js';
import { untilForwarding, type Yardstick } from './yardstick.js';

/** As ioloop.c does by itself. */
const SPIN_MICROS = '300';

export const ioloop = ioloopOn('tap');
export const ioloopPacket = ioloopOn('packet');

function ioloopOn(kind: 'tap' | 'packet'): Yardstick {
  const name = kind === 'tap' ? 'ioloop' : 'ioloop-packet';
  const program = `${repository}/out/bench/ref/${kind === 'tap' ? 'ioloop' : 'packetio'}`;
  return {
    name,
    missing: () => (existsSync(program) ? undefined : `${program} (make -C bench/ref)`),
    async start({ folder, placement }) {
      const ns = topology.addNamespaces(name);
      const ends =
        kind === 'tap'
          ? [`${ns.client}:${topology.CLIENT_DEVICE}`, `${ns.server}:${topology.SERVER_DEVICE}`]
          : [`${ns.middle}:${topology.INSIDE_DEVICE}`, `${ns.middle}:${topology.OUTSIDE_DEVICE}`];
      if (kind === 'packet') topology.addVethLinks(ns);
      const [command, ...args] = [
        ...topology.pinned(placement.forwarderCpus),
        program,
        ...(kind === 'tap' ? ends : ['slots', ...ends, '--spin', SPIN_MICROS]),
      ];
      const loop = start(`${folder}/${name}.log`, command, args);
      await untilOutput(loop, /ready/, 5);
      const client = topology.addBridgedAddresses(ns);
      return { ...untilForwarding(ns, client, topology.SERVER_ADDRESS), forwarder: loop };
    },
  };
}
