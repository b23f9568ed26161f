/** Kernel forwarding with nftables masquerade between two veth pairs. */
import { writeFileSync } from 'node:fs';
import { isInstalled, run } from './processes.js';
import * as topology from './topology.js';
import { untilForwarding, type Yardstick } from './yardstick.js';

const RULES = `table ip nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "${topology.OUTSIDE_DEVICE}" masquerade
  }
}
`;

/**
 * The kernel forwards in soft interrupts on the CPU that sent the frame: generator and forwarder share one CPU and its warm caches.
 * `steered` moves the forwarding to the forwarder's CPU by receive packet steering, where the other yardsticks' processes are pinned.
 * Plain is faster for small frames, steered for several TCP flows, so both are yardsticks.
 */
export function nftables(steered: boolean): Yardstick {
  const name = steered ? 'nftables-steered' : 'nftables';
  return {
    name,
    missing: () => (isInstalled('nft') ? undefined : 'nft (package nftables)'),
    async start({ folder, placement }) {
      const ns = topology.addNamespaces(name);
      topology.addVethLinks(ns);
      topology.addRoutedAddresses(ns);
      run('ip', '-n', ns.middle, 'addr', 'add', `${topology.INSIDE_GATEWAY}/16`, 'dev', topology.INSIDE_DEVICE);
      run('ip', '-n', ns.middle, 'addr', 'add', `${topology.OUTSIDE_GATEWAY}/16`, 'dev', topology.OUTSIDE_DEVICE);
      topology.inside(ns.middle, 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
      if (steered && placement.forwarderCpus !== '') steer(ns.middle, placement.forwarderCpus);
      writeFileSync(`${folder}/${name}.nft`, RULES);
      topology.inside(ns.middle, 'nft', '-f', `${folder}/${name}.nft`);
      return untilForwarding(ns, topology.CLIENT_ADDRESS, topology.INSIDE_GATEWAY);
    },
  };
}

/** Sets the receive packet steering mask of both devices. `cpus` is a comma-separated list of numbers. */
function steer(namespace: string, cpus: string): void {
  const mask = cpus
    .split(',')
    .reduce((bits, cpu) => bits | (1 << Number(cpu)), 0)
    .toString(16);
  for (const device of [topology.INSIDE_DEVICE, topology.OUTSIDE_DEVICE])
    topology.inside(namespace, 'sh', '-c', `echo ${mask} > /sys/class/net/${device}/queues/rx-0/rps_cpus`);
}
