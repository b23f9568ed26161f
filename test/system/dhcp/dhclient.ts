import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../support/cloud.js';

/** Why tests with a DHCP client and server cannot run here; false: they can. */
export function dhcpSkipReason(): string | false {
  for (const [program, debian] of [
    ['dnsmasq', 'dnsmasq-base'],
    ['dhclient', 'isc-dhcp-client'],
  ] as const)
    if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined)
      return `there is no ${program} (Debian package ${debian})`;
  return false;
}

/** What a client's script was called for: "BOUND 10.0.0.11 of 10.0.0.2". */
export type LeaseEvent = string;

/** dhclient(8) of a guest, with a script of its own: the machine's resolver and routes are nobody's business here. */
export class Dhclient {
  readonly #child: ChildProcess;
  readonly #events: string;

  constructor(cloud: Cloud, guest: string) {
    const file = (kind: string): string => join(cloud.folder, `dhclient-${guest}.${kind}`);
    this.#events = file('events');
    writeFileSync(
      file('sh'),
      `#!/bin/sh
case $reason in
BOUND|RENEW|REBIND|REBOOT)
  ip addr replace $new_ip_address/24 dev $interface
  ip route replace default via $new_routers ;;
esac
echo "$reason \${new_ip_address:-none} of \${new_dhcp_server_identifier:-none}" >> ${this.#events}
`,
      { mode: 0o755 },
    );
    writeFileSync(file('conf'), 'timeout 30;\nretry 1;\ninitial-interval 1;\nbackoff-cutoff 2;\n');
    const files = ['-sf', file('sh'), '-cf', file('conf'), '-lf', file('leases'), '-pf', file('pid')];
    this.#child = cloud.sandbox.start(cloud.netns(guest), ['dhclient', '-4', '-d', ...files, `tap-${guest}`]);
    this.#child.stdout!.resume();
    this.#child.stderr!.resume();
  }

  /** All there was so far. */
  get events(): readonly LeaseEvent[] {
    return existsSync(this.#events) ? readFileSync(this.#events, 'utf8').trim().split('\n') : [];
  }

  /** Leaves it without a farewell. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** dnsmasq(8) in a guest's namespace: leases these addresses to these MACs, renewed after `renewS`. */
export function dnsmasq(cloud: Cloud, guest: string, leases: Readonly<Record<string, string>>, renewS: number): ChildProcess {
  const [first] = Object.values(leases);
  const child = cloud.sandbox.start(cloud.netns(guest), [
    ...['dnsmasq', '--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--no-resolv', '--no-hosts', '--user=root'],
    ...[`--interface=tap-${guest}`, '--except-interface=lo', '--bind-interfaces', '--dhcp-authoritative', '--no-ping'],
    ...['--log-facility=-', `--pid-file=${join(cloud.folder, `dnsmasq-${guest}.pid`)}`],
    ...[`--dhcp-leasefile=${join(cloud.folder, `dnsmasq-${guest}.leases`)}`, `--dhcp-range=${first},static,255.255.255.0,2m`],
    ...[`--dhcp-option=option:router,${first!.replace(/\d+$/, '1')}`, `--dhcp-option-force=option:T1,${renewS}`],
    ...Object.entries(leases).map(([mac, address]) => `--dhcp-host=${mac},${address}`),
  ]);
  child.stdout!.resume();
  child.stderr!.resume();
  return child;
}
