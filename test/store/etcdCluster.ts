import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { NetSandbox } from '../support/netns.js';

const CLIENTS = 2379;
const PEERS = 2380;
const START_MS = 20_000;

/** One member of a cluster, in a namespace of its own. */
interface Member {
  readonly name: string;
  readonly netns: string;
  readonly address: string;
  child: ChildProcess | undefined;
}

/**
 * An etcd of several members, each in a namespace of its own on a bridge to which those who use it are connected. Faults are those of real
 * machines: a member is killed, stands still, or hears the others no more.
 */
export class EtcdCluster {
  /** The bridge, and where etcdctl(1) is run. */
  readonly netns: string;
  readonly #directory = mkdtempSync(join(tmpdir(), 'windrose-cluster-'));
  readonly #members: readonly Member[];

  private constructor(
    private readonly sandbox: NetSandbox,
    count: number,
  ) {
    this.netns = sandbox.namespace('etcd');
    sandbox.run(this.netns, 'ip link add mgmt type bridge');
    sandbox.run(this.netns, 'ip link set mgmt up');
    sandbox.run(this.netns, 'ip addr add 198.18.0.254/24 dev mgmt');
    this.#members = Array.from({ length: count }, (_, i) => {
      const name = `e${i + 1}`;
      const netns = sandbox.namespace(name);
      sandbox.veth({ netns, device: 'mgmt' }, { netns: this.netns, device: name });
      sandbox.run(this.netns, `ip link set ${name} master mgmt`);
      const address = `198.18.0.${i + 1}`;
      sandbox.run(netns, `ip addr add ${address}/24 dev mgmt`);
      return { name, netns, address, child: undefined };
    });
  }

  /** Lets a namespace of somebody else reach the members, by a device `mgmt`; number `i` of those. */
  connect(netns: string, i: number): void {
    this.sandbox.veth({ netns, device: 'mgmt' }, { netns: this.netns, device: `c${i}` });
    this.sandbox.run(this.netns, `ip link set c${i} master mgmt`);
    this.sandbox.run(netns, `ip addr add 198.18.0.${100 + i}/24 dev mgmt`);
  }

  /** Breaks the connections of a namespace to the members, and lets it make none. */
  refuse(netns: string): void {
    const chain = 'add chain ip refused output { type filter hook output priority 0; }';
    const rule = `add rule ip refused output tcp dport ${CLIENTS} reject with tcp reset`;
    this.sandbox.run(netns, ['nft', `add table ip refused; ${chain}; ${rule}`]);
  }

  admit(netns: string): void {
    this.sandbox.run(netns, 'nft delete table ip refused');
  }

  static async start(sandbox: NetSandbox, count = 3): Promise<EtcdCluster> {
    const cluster = new EtcdCluster(sandbox, count);
    cluster.begin();
    await cluster.healthy();
    return cluster;
  }

  /** Of all members, beginning with number `first`. */
  endpoints(first = 0): string[] {
    const all = this.#members.map(({ address }) => `http://${address}:${CLIENTS}`);
    return [...all.slice(first), ...all.slice(0, first)];
  }

  /** Starts the members that do not run, or one of them, with the data they have. */
  begin(which = this.#members.map((_, i) => i)): void {
    const all = this.#members.map(({ name, address }) => `${name}=http://${address}:${PEERS}`).join(',');
    for (const member of which.map((i) => this.#members[i]!)) {
      const [client, peer] = [`http://${member.address}:${CLIENTS}`, `http://${member.address}:${PEERS}`];
      member.child = spawn(
        'ip',
        [
          ...[
            'netns',
            'exec',
            member.netns,
            'setpriv',
            '--pdeathsig',
            'KILL',
            'etcd',
            '--name',
            member.name,
            '--log-level',
            'error',
          ],
          ...['--data-dir', join(this.#directory, member.name), '--initial-cluster', all, '--initial-cluster-token', this.netns],
          ...['--listen-client-urls', client, '--advertise-client-urls', client],
          ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ],
        { stdio: 'ignore' },
      );
    }
  }

  /** Resolves when every member that runs answers, and agrees with the others. */
  async healthy(which = this.#members.map((_, i) => i)): Promise<void> {
    const endpoints = which.map((i) => this.endpoints()[i]).join(',');
    for (const end = Date.now() + START_MS; ; await pause(100)) {
      try {
        this.ctl(`endpoint health --endpoints=${endpoints}`);
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
      }
    }
  }

  /** etcdctl(1), where clients are. */
  ctl(args: string): string {
    const words = ['env', 'ETCDCTL_API=3', 'etcdctl', '--command-timeout=3s', ...args.split(' ')];
    const named = args.includes('--endpoints') ? [] : [`--endpoints=${this.endpoints().join(',')}`];
    return this.sandbox.run(this.netns, [...words, ...named]);
  }

  /** Number of the member that leads. */
  leader(): number {
    const all = JSON.parse(this.ctl('endpoint status -w json')) as {
      Status: { header: { member_id: number }; leader: number };
    }[];
    return all.findIndex(({ Status: { header, leader } }) => header.member_id === leader);
  }

  pid(member: number): number {
    return this.#members[member]!.child!.pid!;
  }

  async kill(...members: readonly number[]): Promise<void> {
    const children = members
      .map((i) => this.#members[i]!.child!)
      .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = children.map((child) => once(child, 'exit'));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  /** It stands still, its connections stay. */
  freeze(member: number): void {
    this.#members[member]!.child!.kill('SIGSTOP');
  }

  thaw(member: number): void {
    this.#members[member]!.child!.kill('SIGCONT');
  }

  /** Nothing passes between it and the other members; clients reach it. */
  cutOff(member: number): void {
    const { netns, address } = this.#members[member]!;
    const others = this.#members
      .map((one) => one.address)
      .filter((one) => one !== address)
      .join(', ');
    const chains = ['input', 'output'].map((hook) => {
      const end = hook === 'input' ? 'saddr' : 'daddr';
      return `add chain ip cut ${hook} { type filter hook ${hook} priority 0; }; add rule ip cut ${hook} ip ${end} { ${others} } drop`;
    });
    this.sandbox.run(netns, ['nft', ['add table ip cut', ...chains].join('; ')]);
  }

  heal(member: number): void {
    this.sandbox.run(this.#members[member]!.netns, 'nft delete table ip cut');
  }

  /** Safe to call twice. The namespaces go with the sandbox. */
  close(): void {
    for (const { child } of this.#members) child?.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
