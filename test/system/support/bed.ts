import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadConfigFile } from '../../../src/config/load.js';
import { Gateway } from '../../../src/control/gateway.js';
import { NetSandbox } from '../../support/netns.js';
import { GatewayProcess } from './gatewayProcess.js';
import { Peer } from './peer.js';
import { OperatorReadings, type Readings, TableReadings } from './readings.js';
import { Wire } from './wire.js';

/** What the gateway's devices are: TAPs in the hosts' namespaces, or packet sockets on veth ends in one of their own. */
export type Kind = 'tap' | 'packet';
export const kinds: readonly Kind[] = ['tap', 'packet'];

/** One link of the gateway and the host at its far end. The device has the link's name on both sides. */
export interface Link {
  /** Name of the device; `device: name` in the configuration. */
  readonly name: string;
  /** Label of the host's namespace; links may share one. */
  readonly host: string;
  /** "1.1.1.1/16" */
  readonly addresses: readonly string[];
  /** As ip-route(8) takes them. */
  readonly routes?: readonly string[];
  /** Of the device, in octets. */
  readonly mtu?: number;
}

/** The seed's set-up: a client behind the gateway, a server beyond it. */
export const client: Link = { name: 'lan', host: 'client', addresses: ['1.1.1.1/16'], routes: ['default via 1.1.100.1'] };
export const server: Link = { name: 'wan', host: 'server', addresses: ['1.2.1.4/16'] };
export const CLIENT = '1.1.1.1';
export const SERVER = '1.2.1.4';

/** Namespaces, links, a gateway between them, and the programs of a scenario. `close()` removes all of it. */
export class Bed {
  readonly sandbox: NetSandbox;
  readonly folder = mkdtempSync(join(tmpdir(), 'windrose-system-'));
  readonly #hosts = new Map<string, string>();
  readonly #peers = new Map<string, Peer>();
  readonly #wires: Wire[] = [];
  readonly #middle: string | undefined;
  #process: GatewayProcess | undefined;
  #inside: Gateway | undefined;
  #readings: Readings | undefined;
  /**
   * An interrupted test leaves nothing. The sandbox removes namespaces and processes; node:test would go on with the next test,
   * so the process is ended here, after every handler of the signal has run.
   */
  readonly #onSignal = (): void => {
    rmSync(this.folder, { recursive: true, force: true });
    setImmediate(() => process.exit(143));
  };

  constructor(
    readonly kind: Kind,
    readonly links: readonly Link[],
    readonly workers = 1,
  ) {
    this.sandbox = new NetSandbox('wrs');
    process.once('SIGINT', this.#onSignal);
    process.once('SIGTERM', this.#onSignal);
    try {
      for (const { host } of links) if (!this.#hosts.has(host)) this.#hosts.set(host, this.#namespace(host));
      if (kind === 'packet') {
        this.#middle = this.#namespace('gw');
        for (const { name, host, mtu } of links) {
          this.sandbox.veth({ netns: this.#middle, device: name }, { netns: this.netns(host), device: name }, mtu);
        }
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** A quiet namespace: no IPv6, no forwarding, no reverse-path filter. */
  #namespace(label: string): string {
    const name = this.sandbox.namespace(label);
    for (const scope of ['all', 'default']) {
      this.sandbox.run(name, `sysctl -qw net.ipv6.conf.${scope}.disable_ipv6=1 net.ipv4.conf.${scope}.rp_filter=0`);
    }
    this.sandbox.run(name, 'sysctl -qw net.ipv4.ip_forward=0');
    return name;
  }

  netns(host: string): string {
    const name = this.#hosts.get(host);
    if (name === undefined) throw new Error(`no host ${host}`);
    return name;
  }

  /** Namespace of the gateway's packet devices. */
  get middle(): string {
    if (this.#middle === undefined) throw new Error("TAPs are in the hosts' namespaces");
    return this.#middle;
  }

  /** Runs a command on a host. */
  on(host: string, command: string | readonly string[], timeoutMs?: number): string {
    return this.sandbox.run(this.netns(host), command, timeoutMs);
  }

  /** Fills in the devices of a configuration: `device: lan` becomes a TAP or a packet device of link "lan". Returns the file's path. */
  writeConfig(template: string): string {
    const devices = template.replaceAll(/\bdevice: (\w+)/g, (_, name: string) => {
      const link = this.links.find((one) => one.name === name);
      if (link === undefined) throw new Error(`the configuration names a link ${name} that the scenario does not have`);
      const netns = this.#middle ?? this.netns(link.host);
      return `${this.kind}: ${name}, netns: ${netns}${this.kind === 'tap' && link.mtu !== undefined ? `, mtu: ${link.mtu}` : ''}`;
    });
    const file = join(this.folder, 'gateway.yaml');
    const ends = `name: ${this.netns(this.links[0]!.host)}\ncontrol: { socket: ${this.socket} }\nmetrics: { listen: 127.0.0.1:0 }\n`;
    writeFileSync(
      file,
      `${devices}\n${ends}${this.workers === 1 ? '' : `workers: ${this.workers}\n${this.#steering(template)}`}`,
    );
    return file;
  }

  /** Unless the template says: the kernel steers where devices are packet sockets, workers hand over where they are TAPs. */
  #steering(template: string): string {
    return /^steering:/m.test(template) ? '' : `steering: ${this.kind === 'packet' ? 'auto' : 'off'}\n`;
  }

  get socket(): string {
    return join(this.folder, 'control.sock');
  }

  /** Starts the program and gives the hosts their addresses. */
  async start(template: string, nodeOptions: readonly string[] = []): Promise<void> {
    this.#process = await GatewayProcess.start(this.writeConfig(template), nodeOptions);
    this.#readings = new OperatorReadings(this.socket, String(this.#process.readyLine()?.metrics));
    this.addressHosts();
  }

  /** Starts the gateway in this process, for scenarios that reach into it. */
  async startInside(template: string): Promise<Gateway> {
    const file = this.writeConfig(template);
    const { config, issues } = loadConfigFile(file);
    if (config === undefined) throw new Error(issues.map((issue) => issue.message).join('\n'));
    const log = pino({ level: 'silent' });
    this.#inside = await Gateway.start(config, file, log, (error) => log.fatal(error));
    this.#readings = new TableReadings(this.#inside);
    this.addressHosts();
    return this.#inside;
  }

  /** A TAP is there only once the gateway has opened it, so addresses and routes come last. */
  addressHosts(): void {
    for (const { name, host, addresses, routes = [] } of this.links) {
      const netns = this.netns(host);
      this.sandbox.awaitOperational(netns, name);
      for (const address of addresses) this.sandbox.run(netns, `ip addr replace ${address} dev ${name}`);
      for (const route of routes) this.sandbox.run(netns, `ip route replace ${route}`);
    }
  }

  /** MAC of the gateway's router interface, as a host learns it. */
  gatewayMac(host: string, address: string): string {
    this.on(host, `ping -c 1 -W 2 ${address}`);
    const mac = /lladdr (\S+)/.exec(this.on(host, `ip neigh show ${address}`))?.[1];
    if (mac === undefined) throw new Error(`${host} did not learn the MAC of ${address}`);
    return mac;
  }

  get process(): GatewayProcess {
    if (this.#process === undefined) throw new Error('the gateway does not run as a process');
    return this.#process;
  }

  /** What an operator sees of the process; its rows too. */
  get operator(): OperatorReadings {
    if (!(this.#readings instanceof OperatorReadings)) throw new Error('the gateway does not run as a process');
    return this.#readings;
  }

  /** The gateway that runs in this process. */
  get gateway(): Gateway {
    if (this.#inside === undefined) throw new Error('the gateway does not run in this process');
    return this.#inside;
  }

  get read(): Readings {
    if (this.#readings === undefined) throw new Error('the gateway was not started');
    return this.#readings;
  }

  /** The program of a host, started at its first use. */
  async peer(host: string): Promise<Peer> {
    const known = this.#peers.get(host);
    if (known !== undefined) return known;
    const peer = await Peer.start(this.netns(host));
    this.#peers.set(host, peer);
    return peer;
  }

  /** A second listener on a host's device: what arrives there is what the gateway sent. */
  wire(linkName: string): Wire {
    const link = this.links.find(({ name }) => name === linkName)!;
    const wire = new Wire(this.netns(link.host), link.name);
    this.#wires.push(wire);
    return wire;
  }

  /** Throws unless every frame received has its verdict, once the gateway has come to rest. */
  async checkConservation(): Promise<void> {
    const deadline = Date.now() + 3000;
    for (;;) {
      const { received, verdicts, requeued, taken } = await this.read.balance();
      if (received === verdicts - requeued - taken && received > 0) return;
      if (Date.now() > deadline)
        throw new Error(`${received} frames received, but ${verdicts} verdicts less ${requeued} requeued and ${taken} taken`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Stops the gateway and waits for its end. */
  async stop(): Promise<void> {
    await this.#inside?.stop();
    await this.#process?.stop();
    this.#inside = undefined;
    this.#process = undefined;
  }

  /** Removes everything. Safe to call twice. */
  close(): void {
    this.#process?.child.kill('SIGKILL');
    for (const wire of this.#wires.splice(0)) wire.close();
    for (const peer of this.#peers.values()) peer.close();
    this.#peers.clear();
    this.sandbox.close();
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Text of a file in a scenario's folder; `folder` stands below test/system. */
export function scenarioFile(folder: string, file: string): string {
  return readFileSync(new URL(`../../../../test/system/${folder}/${file}`, import.meta.url), 'utf8');
}
