import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud } from '../support/cloud.js';

/** Why tests with keepalived cannot run here; false: they can. */
export function keepalivedSkipReason(): string | false {
  const { error, status } = spawnSync('keepalived', ['--version'], { stdio: 'ignore' });
  return error === undefined && status === 0 ? false : 'there is no keepalived (Debian package keepalived)';
}

/** Number of the virtual router: its MAC ends with it. */
const VRID = 51;
export const VIRTUAL_MAC = '00:00:5e:00:01:33';

/** What a guest's keepalived is told. */
export interface VrrpGuest {
  readonly name: string;
  readonly priority: number;
  readonly vip: string;
  /** Addresses of the others, who are told one by one. Without the key: 224.0.0.18. */
  readonly peers?: readonly string[];
  /** The address has the virtual router's MAC (RFC 9568), on a device of its own. `advertise`: which of both devices the advertisements leave by. */
  readonly mac?: { readonly advertise: 'by-port' | 'by-virtual' };
}

/** keepalived(8) of a guest: both its processes. */
export class Keepalived {
  #child: ChildProcess | undefined;
  #said = '';

  constructor(
    private readonly cloud: Cloud,
    readonly guest: VrrpGuest,
  ) {}

  #file(kind: string): string {
    return join(this.cloud.folder, `keepalived-${this.guest.name}.${kind}`);
  }

  start(): void {
    writeFileSync(this.#file('conf'), configuration(this.guest));
    const pids = ['-p', this.#file('pid'), '-r', this.#file('vrrp.pid')];
    const command = ['keepalived', '--vrrp', '--dont-fork', '--log-console', '--log-detail', '-f', this.#file('conf'), ...pids];
    this.#child = this.cloud.sandbox.start(this.cloud.netns(this.guest.name), command);
    const listen = (text: string): void => {
      this.#said = (this.#said + text).slice(-20_000);
    };
    this.#child.stdout!.setEncoding('utf8').on('data', listen);
    this.#child.stderr!.setEncoding('utf8').on('data', listen);
  }

  /** Its log. */
  get said(): string {
    return this.#said;
  }

  /** "MASTER", "BACKUP" or "FAULT", as it said last. */
  get state(): string | undefined {
    return [...this.#said.matchAll(/Entering (\w+) STATE/g)].at(-1)?.[1];
  }

  /** As if the guest had crashed: neither says farewell, and the address stays where it is. */
  async kill(): Promise<void> {
    const child = this.#child!;
    child.kill('SIGSTOP');
    process.kill(Number(readFileSync(this.#file('vrrp.pid'), 'utf8')), 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    // On a machine that starts again they are not there.
    for (const kind of ['pid', 'vrrp.pid']) rmSync(this.#file(kind), { force: true });
    this.#said = '';
  }
}

function configuration({ name, priority, vip, peers, mac }: VrrpGuest): string {
  return [
    'global_defs {',
    `router_id ${name}`,
    'vrrp_version 3',
    '}',
    'vrrp_instance vip {',
    'state BACKUP',
    `interface tap-${name}`,
    `virtual_router_id ${VRID}`,
    `priority ${priority}`,
    'advert_int 0.5',
    'garp_master_delay 1',
    // A master that was cut off and is heard again does not always learn of the other one, and would not announce itself.
    'garp_master_refresh 1',
    ...(mac === undefined ? [] : ['use_vmac vrrp']),
    ...(mac?.advertise === 'by-port' ? ['vmac_xmit_base'] : []),
    ...(peers === undefined ? [] : ['unicast_peer {', ...peers, '}']),
    'virtual_ipaddress {',
    vip,
    '}',
    '}',
    '',
  ].join('\n');
}
