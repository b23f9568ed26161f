import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NetSandbox } from '../../support/netns.js';
import { eventually } from './scenario.js';

/** Why tests with Open vSwitch cannot run here, or false when they can. */
export function ovsSkipReason(): string | false {
  try {
    for (const program of ['ovsdb-server', 'ovs-vswitchd']) execFileSync(program, ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'needs Open vSwitch (package openvswitch-switch)';
  }
}

/**
 * An Open vSwitch of our own, with its userspace datapath, in a namespace: database and switch are children of the sandbox, with their files
 * in `home`. One of the system is not touched.
 */
export class Ovs {
  private constructor(
    private readonly sandbox: NetSandbox,
    private readonly netns: string,
    private readonly home: string,
  ) {}

  static async start(sandbox: NetSandbox, netns: string, home: string): Promise<Ovs> {
    mkdirSync(home);
    sandbox.run(undefined, ['ovsdb-tool', 'create', join(home, 'conf.db'), '/usr/share/openvswitch/vswitch.ovsschema']);
    const quiet = ['-vfile:off', '-vconsole:off', '-vsyslog:off'];
    const database = join(home, 'db.sock');
    sandbox.start(undefined, [
      ...['ovsdb-server', join(home, 'conf.db'), `--remote=punix:${database}`, `--unixctl=${join(home, 'db.ctl')}`],
      ...quiet,
    ]);
    await eventually(() => existsSync(database), Boolean);
    const ovs = new Ovs(sandbox, netns, home);
    ovs.vsctl('--no-wait init');
    const control = join(home, 'vswitchd.ctl');
    sandbox.start(netns, [
      ...['env', `OVS_RUNDIR=${home}`, 'ovs-vswitchd', `unix:${database}`, '--disable-system', `--unixctl=${control}`],
      ...quiet,
    ]);
    await eventually(() => existsSync(control), Boolean);
    return ovs;
  }

  vsctl(command: string): string {
    const database = `--db=unix:${join(this.home, 'db.sock')}`;
    return this.sandbox.run(undefined, ['ovs-vsctl', database, '--timeout=10', ...command.split(' ')]);
  }

  /** A bridge of the userspace datapath; its local port, which has its name, is up. */
  bridge(name: string): void {
    this.vsctl(`add-br ${name} -- set bridge ${name} datapath_type=netdev`);
    this.sandbox.run(this.netns, `ip link set ${name} up`);
  }

  /** Where the switch finds the MAC of a tunnel's other end. */
  knows(bridge: string, address: string, mac: string): void {
    this.sandbox.run(undefined, ['ovs-appctl', '-t', join(this.home, 'vswitchd.ctl'), 'tnl/arp/set', bridge, address, mac]);
  }

  addFlow(bridge: string, flow: string): void {
    this.sandbox.run(undefined, ['ovs-ofctl', '-O', 'OpenFlow13', 'add-flow', this.#management(bridge), flow]);
  }

  /** Packets that have matched the flow with this cookie. */
  packets(bridge: string, cookie: number): number {
    const flows = ['ovs-ofctl', '-O', 'OpenFlow13', 'dump-flows', this.#management(bridge), `cookie=${cookie}/-1`];
    return Number(/n_packets=(\d+)/.exec(this.sandbox.run(undefined, flows))?.[1]);
  }

  #management(bridge: string): string {
    return `unix:${join(this.home, `${bridge}.mgmt`)}`;
  }
}
