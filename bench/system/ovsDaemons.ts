/** Database server and switch of an Open vSwitch of our own: children in a temporary folder; one of the system is not touched. */
import { existsSync, mkdirSync } from 'node:fs';
import { type Background, isInstalled, run, start, untilOutput } from './processes.js';
import { pinnedInside } from './topology.js';

/** What is missing on this machine, or undefined. */
export function missingOvs(): string | undefined {
  return ['ovsdb-server', 'ovs-vswitchd', 'ovs-ofctl'].every(isInstalled)
    ? undefined
    : 'Open vSwitch (package openvswitch-switch)';
}

export interface Ovs {
  /** Runs ovs-vsctl against this one's database. */
  vsctl(...args: string[]): string;
  daemon: Background;
}

/**
 * Starts both in the new folder `home`, the switch in a namespace and on the given CPUs. `superFrames`: its userspace datapath takes and sends
 * super-frames of TCP.
 */
export async function startOvs(home: string, namespace: string, cpus: string, superFrames: boolean): Promise<Ovs> {
  const database = `unix:${home}/db.sock`;
  const vsctl = (...args: string[]) => run('ovs-vsctl', `--db=${database}`, '--timeout=10', ...args);
  mkdirSync(home);
  run('ovsdb-tool', 'create', `${home}/conf.db`, '/usr/share/openvswitch/vswitch.ovsschema');
  const ctl = `--unixctl=${home}/db.ctl`;
  const server = start(`${home}/db.log`, 'ovsdb-server', [
    `${home}/conf.db`,
    `--remote=punix:${home}/db.sock`,
    ctl,
    '-vfile:off',
  ]);
  await untilOutput(server, /ovsdb-server/, 5);
  vsctl('--no-wait', 'init');
  if (superFrames) vsctl('--no-wait', 'set', 'Open_vSwitch', '.', 'other_config:userspace-tso-enable=true');
  const command = [
    'env',
    `OVS_RUNDIR=${home}`,
    'ovs-vswitchd',
    database,
    '--disable-system',
    `--unixctl=${home}/vswitchd.ctl`,
    '-vfile:off',
  ];
  return { vsctl, daemon: start(`${home}/vswitchd.log`, 'ip', pinnedInside(namespace, cpus, ...command)) };
}

/** The OpenFlow socket of a bridge; the switch makes it when the bridge comes up. */
export function managementSocket(home: string, bridge: string): string {
  const path = `${home}/${bridge}.mgmt`;
  if (!existsSync(path)) throw new Error(`Open vSwitch made no bridge ${bridge}; see vswitchd.log`);
  return `unix:${path}`;
}
