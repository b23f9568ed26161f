import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getJson } from '../../../src/cli/controlClient.js';
import type { DropRow } from '../../../src/types/show.js';
import { type Outcome, windrose } from '../../cli/program.js';
import { NetSandbox } from '../../support/netns.js';
import { cloudConfig } from './cloudConfig.js';
import { GatewayProcess } from './gatewayProcess.js';
import { cloudWorkers, type Vm } from './guests.js';
import { Wire } from './wire.js';

export { cloudWorkers, guestOf, type Vm } from './guests.js';

/**
 * Hosts of a distributed router, each a gateway process whose tunnel endpoint is in a namespace of its own, a bridge between them as fabric, and
 * guests. `close()` removes all of it.
 *
 *   guest [ tap ] == gateway process ~~ host namespace [ fab ]--veth--[ h1 ] bridge [ h2 ]--veth--[ fab ] ...
 */
export class Cloud {
  readonly sandbox = new NetSandbox('wrc');
  readonly folder = mkdtempSync(join(tmpdir(), 'windrose-cloud-'));
  readonly fabric: string;
  readonly #namespaces = new Map<string, string>();
  readonly #gateways = new Map<string, GatewayProcess>();
  readonly #wires: Wire[] = [];
  /** `store` of every host's configuration; undefined: each has a directory, and takes the objects from the file at each start. */
  sharedStore: string | ((host: string) => string) | undefined;
  /** Whether the gateways run in the namespaces of their hosts, not in the test's. */
  apart = false;
  /** Options of the gateways' node. */
  nodeOptions: readonly string[] = [];

  constructor(
    readonly hosts: readonly string[],
    readonly vms: readonly Vm[],
    /** Whether all hosts are connected to a physical network, or to two: further bridges, which leave tags alone. */
    private readonly physnet: boolean | 'two' = false,
    /** More keys of `host` in the configurations; what is in the folder of this cloud is named by it. */
    private readonly more: string | ((folder: string) => string) = '',
    readonly workers = cloudWorkers(1)[0]!,
  ) {
    this.fabric = this.sandbox.namespace('fabric');
    this.sandbox.run(this.fabric, 'ip link add br0 type bridge');
    this.sandbox.run(this.fabric, 'ip link set br0 up');
    hosts.forEach((host, i) => {
      const netns = this.namespace(host);
      this.sandbox.veth({ netns, device: 'fab' }, { netns: this.fabric, device: host });
      this.sandbox.run(this.fabric, `ip link set dev ${host} master br0`);
      this.sandbox.run(netns, `ip addr add ${this.vtep(i)}/24 dev fab`);
    });
    for (const { name, packet } of vms) {
      this.namespace(name);
      if (packet) this.plug(name);
    }
    if (physnet) this.#addPhysnet();
  }

  #addPhysnet(): void {
    this.sandbox.run(this.fabric, 'ip link add br1 type bridge');
    this.sandbox.run(this.fabric, 'ip link set br1 up');
    for (const host of this.hosts) this.plugTrunk(host);
    if (this.physnet !== 'two') return;
    this.sandbox.run(this.fabric, 'ip link add br2 type bridge');
    this.sandbox.run(this.fabric, 'ip link set br2 up');
    for (const host of this.hosts) {
      this.sandbox.veth({ netns: this.netns(host), device: 'trunk2' }, { netns: this.fabric, device: `${host}t2` });
      this.sandbox.run(this.fabric, `ip link set dev ${host}t2 master br2`);
    }
  }

  /** The veth pair of a guest, its end as long as packets of its network are; made anew after it was taken away. */
  plug(guest: string): void {
    const { host } = this.#vm(guest);
    this.sandbox.veth({ netns: this.netns(host), device: `p-${guest}` }, { netns: this.netns(guest), device: `tap-${guest}` });
    this.on(guest, `ip link set tap-${guest} mtu 1450`);
  }

  /** The end of the physical network at a host, made anew after it was taken away. */
  plugTrunk(host: string): void {
    this.sandbox.veth({ netns: this.netns(host), device: 'trunk' }, { netns: this.fabric, device: `${host}t` });
    this.sandbox.run(this.fabric, `ip link set dev ${host}t master br1`);
  }

  /** Takes the namespace of a guest away, with all that is in it. */
  vanish(guest: string): void {
    this.sandbox.run(undefined, `ip netns del ${this.netns(guest)}`);
  }

  /** Makes it anew, empty. */
  appear(guest: string): void {
    const name = this.netns(guest);
    this.sandbox.run(undefined, `ip netns add ${name}`);
    this.#quiet(name);
  }

  #quiet(netns: string): void {
    this.sandbox.run(netns, 'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1');
  }

  #vm(guest: string): Vm {
    return this.vms.find((vm) => vm.name === guest)!;
  }

  /** Makes one more, which objects may name by its label. */
  namespace(label: string): string {
    const name = this.sandbox.namespace(label);
    this.#quiet(name);
    this.#namespaces.set(label, name);
    return name;
  }

  /** Address of the tunnel endpoint of host number `i`. */
  vtep(i: number): string {
    return `192.0.2.${i + 1}`;
  }

  netns(label: string): string {
    const name = this.#namespaces.get(label);
    if (name === undefined) throw new Error(`there is no ${label}`);
    return name;
  }

  on(label: string, command: string | readonly string[]): string {
    return this.sandbox.run(this.netns(label), command);
  }

  socket(host: string): string {
    return join(this.folder, `${host}.sock`);
  }

  /** `windrose apply` at one host. */
  apply(host: string, objects: string): Promise<Outcome> {
    return windrose('apply', this.#write(objects), '--socket', this.socket(host), '--yes');
  }

  /** Other objects for all hosts, which are told to reload. */
  change(objects: string): void {
    this.#write(objects);
    for (const gateway of this.#gateways.values()) gateway.child.kill('SIGHUP');
  }

  #write(objects: string): string {
    const file = join(this.folder, 'objects.yaml');
    writeFileSync(file, this.named(objects));
    return file;
  }

  /** With `netns: @a1` the namespace of guest a1. */
  named(objects: string): string {
    return objects.replaceAll(/@(\w+)/g, (_, label: string) => this.netns(label));
  }

  /**
   * Writes the objects, in which `netns: @a1` becomes the namespace of guest a1, and starts a gateway for every host. `missing`: guests whose
   * devices are not there yet.
   */
  async start(objects: string, missing: readonly string[] = []): Promise<void> {
    const file = this.#write(objects);
    await Promise.all(
      this.hosts.map(async (host, i) => {
        const config = this.#config(host);
        const fab = { address: this.vtep(i), netns: this.netns(host) };
        const { folder, workers, physnet } = this;
        const more = typeof this.more === 'function' ? this.more(folder) : this.more;
        const sharedStore = typeof this.sharedStore === 'function' ? this.sharedStore(host) : this.sharedStore;
        writeFileSync(config, cloudConfig(host, fab, { folder, workers, physnet, more, sharedStore, objects: file }));
        await this.#launch(host).ready();
      }),
    );
    for (const { name } of this.vms) if (!missing.includes(name)) this.address(name);
  }

  #config(host: string): string {
    return join(this.folder, `${host}.yaml`);
  }

  /** Ends the gateway of a host, and starts it again with what it has kept; `meanwhile` runs before it has to be ready. */
  async restart(host: string, meanwhile = async (_: GatewayProcess): Promise<void> => {}): Promise<void> {
    await this.process(host).stop();
    const gateway = this.#launch(host);
    await meanwhile(gateway);
    await gateway.ready();
  }

  #launch(host: string): GatewayProcess {
    const through = this.apart ? ['nsenter', `--net=/run/netns/${this.netns(host)}`] : [];
    const gateway = GatewayProcess.launch(this.#config(host), through, this.nodeOptions);
    this.#gateways.set(host, gateway);
    return gateway;
  }

  /** What a guest does with its device; once it is there. */
  address(guest: string): void {
    const { name, mac, address, gateway, ipv6 } = this.#vm(guest);
    const device = `tap-${name}`;
    this.on(name, `ip link set ${device} address ${mac}`);
    this.on(name, `ip addr add ${address} dev ${device}`);
    this.on(name, `ip link set ${device} up`);
    this.on(name, `ip route add default via ${gateway}`);
    if (ipv6 !== undefined) this.on(name, `sysctl -qw net.ipv6.conf.${device}.disable_ipv6=0`);
    for (const one of ipv6 ?? []) this.on(name, `ip addr add ${one} dev ${device}`);
  }

  /** What an operator reads of drops: reason -> frames, those that were counted. Asked without a program, for tests ask again and again. */
  async drops(host: string): Promise<Record<string, number>> {
    const rows = (await getJson(this.socket(host), '/v1/show/drops')) as DropRow[];
    return Object.fromEntries(rows.flatMap(({ reason, count, by }) => (by === 'gateway' && count > 0 ? [[reason, count]] : [])));
  }

  process(host: string): GatewayProcess {
    return this.#gateways.get(host)!;
  }

  /** What a host sends to the fabric, or onto the physical network (`trunk`). */
  wire(host: string, trunk = false): Wire {
    const wire = new Wire(this.fabric, trunk ? `${host}t` : host);
    this.#wires.push(wire);
    return wire;
  }

  /** What a guest gets, and raw frames of it. */
  guestWire(guest: string, device = `tap-${guest}`): Wire {
    const wire = new Wire(this.netns(guest), device);
    this.#wires.push(wire);
    return wire;
  }

  /** What a host hears from the physical network. */
  wireTo(host: string): Wire {
    const wire = new Wire(this.netns(host), 'trunk');
    this.#wires.push(wire);
    return wire;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#gateways.values()].map((gateway) => gateway.stop()));
    this.#gateways.clear();
  }

  /** Safe to call twice. */
  close(): void {
    for (const gateway of this.#gateways.values()) gateway.child.kill('SIGKILL');
    for (const wire of this.#wires.splice(0)) wire.close();
    this.sandbox.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
