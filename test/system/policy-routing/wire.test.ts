import assert from 'node:assert/strict';
import { reloaded } from '../reload/steps.js';
import type { Bed, Link } from '../support/bed.js';
import { scenarioFile } from '../support/bed.js';
import { pause, scenario } from '../support/scenario.js';
import { Wire } from '../support/wire.js';
import { type Packet, POLICIES, type Policy } from './answers.js';
import { CLIENTS, Side } from './side.js';

const links: Link[] = [
  { name: 'lan', host: 'client', addresses: ['10.0.1.2/24', '10.0.1.9/24', ...CLIENTS.map((one) => `${one}/24`)] },
  { name: 'lab', host: 'lab', addresses: ['10.0.2.2/24'] },
  { name: 'far', host: 'far', addresses: ['10.0.3.2/24'] },
];
/** How long nothing has to come until it is taken for silence. */
const SILENCE_MS = 400;
const LATEST_MS = 4000;

/** A Linux router with neighbours of its own, the same as the gateway's. */
class KernelSide {
  readonly router: string;
  readonly #wires: Wire[] = [];

  constructor(readonly bed: Bed) {
    const { sandbox } = bed;
    this.router = sandbox.namespace('krouter');
    for (const { name, host, addresses } of links) {
      const far = sandbox.namespace(`k${host}`);
      sandbox.veth({ netns: this.router, device: name }, { netns: far, device: name });
      for (const address of addresses) sandbox.run(far, `ip addr add ${address} dev ${name}`);
      sandbox.run(this.router, `ip addr add ${addresses[0]!.replace('.2/', '.1/')} broadcast + dev ${name}`);
      sandbox.run(this.router, `sysctl -qw net.ipv4.conf.${name}.rp_filter=0 net.ipv4.conf.${name}.send_redirects=0`);
      this.#wires.push(new Wire(far, name));
    }
    sandbox.run(this.router, 'ip link set far group 5');
    sandbox.run(this.router, 'sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratemask=0 net.ipv4.conf.all.rp_filter=0');
    sandbox.run(this.router, 'sysctl -qw net.ipv4.conf.all.send_redirects=0');
  }

  side(): Side {
    const mac = /link\/ether (\S+)/.exec(this.bed.sandbox.run(this.router, 'ip link show lan'))![1]!;
    const [lan, lab, far] = this.#wires as [Wire, Wire, Wire];
    return new Side(
      lan,
      new Map([
        ['lab', lab],
        ['far', far],
      ]),
      mac,
    );
  }

  apply({ rules, routes }: Policy): void {
    for (const line of rules) this.bed.sandbox.run(this.router, `ip rule add ${line}`);
    for (const line of routes) this.bed.sandbox.run(this.router, `ip route add ${line}`);
  }

  undo({ rules, routes }: Policy): void {
    for (const line of rules) this.bed.sandbox.run(this.router, `ip rule del ${line}`);
    for (const line of routes) this.bed.sandbox.run(this.router, `ip route del ${line}`);
  }

  close(): void {
    for (const wire of this.#wires) wire.close();
  }
}

/** What both routers do with a packet, sent to both at the same time. */
async function fates(sides: readonly Side[], packet: Packet, id: number): Promise<string[]> {
  for (const side of sides) side.send(packet, id);
  const begun = Date.now();
  for (;;) {
    await pause(5);
    const seen = sides.map((side) => side.outcome(id));
    const waited = Date.now() - begun;
    if (seen.every((one) => one !== '') || waited > LATEST_MS) return seen;
    if (seen.every((one) => one === '') && waited > SILENCE_MS) return seen;
  }
}

scenario(
  'F76 what a packet meets on the wire is what it meets at a Linux router: way, TTL, ICMP type, code and source',
  {
    folder: 'policy-routing',
    config: 'wire.yaml',
    links,
    on: ['tap'],
    workers: [1, 2],
  },
  async (bed) => {
    const kernel = new KernelSide(bed);
    try {
      const lan = bed.wire('lan');
      const ours = new Side(
        lan,
        new Map([
          ['lab', bed.wire('lab')],
          ['far', bed.wire('far')],
        ]),
        bed.gatewayMac('client', '10.0.1.1'),
      );
      const sides = [kernel.side(), ours];
      const base = scenarioFile('policy-routing', 'wire.yaml');
      const list = (lines: readonly string[]): string => JSON.stringify(lines);
      let id = 1;
      const differences: string[] = [];
      const kinds = new Set<string>();
      for (const policy of POLICIES) {
        kernel.apply(policy);
        await reloaded(bed, `${base}rules: ${list(policy.rules)}\nroutes: ${list(policy.routes)}\n`);
        for (const packet of policy.packets) {
          const [theirs, here] = await fates(sides, packet, id++);
          kinds.add(theirs!.replace(/ from .*/, ''));
          if (theirs !== here) differences.push(`${JSON.stringify(packet)}: kernel "${theirs}", windrose "${here}"`);
        }
        kernel.undo(policy);
      }
      assert.deepEqual(differences, []);
      const all = [
        '',
        'far ttl 63',
        'icmp 11/0',
        'icmp 3/0',
        'icmp 3/1',
        'icmp 3/13',
        'icmp 3/3',
        'icmp 3/4 mtu 1000',
        'lab ttl 63',
      ];
      assert.deepEqual([...kinds].sort(), all);
    } finally {
      kernel.close();
    }
  },
);
