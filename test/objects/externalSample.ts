import type { Objects } from '../../src/objects/model.js';
import { issuesOf, objectsOf, objectsText } from './sample.js';

/** The sample with an external network, whose router has a gateway there, and two floating IPs; without fault or warning. */
export const external = {
  hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, physnets: [p] }
  - { name: h2, vtep: 192.0.2.2, mode: dvr_snat, physnets: [p] }`,
  networks: `networks:
  - { name: blue, type: vxlan, id: 1001 }
  - { name: orange, type: gre, id: 1002 }
  - { name: ext, type: flat, physnet: p, external: true }
  - { name: more, type: vlan, id: 7, physnet: p, external: true }`,
  subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/24 }
  - { name: more4, network: more, cidr: 198.51.100.0/24 }`,
  routers: `routers:
  - name: r1
    interfaces: [{ subnet: blue4 }, { subnet: orange4 }]
    gateways: [{ network: ext, address: 192.168.1.21 }]`,
  floatingIps: `floatingIps:
  - { address: 192.168.1.101, network: ext, lport: a1 }
  - { address: 192.168.1.102, network: ext, lport: b2 }`,
};

type Changed = Parameters<typeof objectsOf>[0];
type Standing = Parameters<typeof objectsOf>[1];

export const externalOf = (changed: Changed = {}, standing?: Standing) => objectsOf({ ...external, ...changed }, standing);

export const externalText = (changed: Changed = {}): string => objectsText({ ...external, ...changed });

export const externalIssues = (changed: Changed, standing?: Standing): string[] =>
  issuesOf({ ...external, ...changed }, standing);

/** One router, with these interfaces and gateways beside what else is written. */
export const router = (gateways: string, interfaces = '{ subnet: blue4 }, { subnet: orange4 }', more = ''): Changed => ({
  routers: `routers:\n  - name: r1\n    interfaces: [${interfaces}]\n    gateways: [${gateways}]${more}`,
});

export const floating = (...entries: readonly string[]): Changed => ({
  floatingIps: `floatingIps:\n${entries.map((entry) => `  - { ${entry} }`).join('\n')}`,
});

/** Every key of gateways and floating IPs with a value that is not its default. */
export const fullExternal = (): Objects =>
  externalOf({
    hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1, physnets: [p], externalAddresses: [{ network: ext, address: 192.168.1.31 }] }
  - { name: h2, vtep: 192.0.2.2, mode: dvr_snat, physnets: [p], draining: true }`,
    networks: external.networks.replace('id: 7', 'id: 7, floatingMac: perFip'),
    subnets: external.subnets
      .replace('10.0.0.0/24', '10.0.0.0/24, addressScope: inner, pools: [10.0.0.3-10.0.0.9]')
      .replace('192.168.1.0/24', '192.168.1.0/24, pools: [192.168.1.30-192.168.1.40]'),
    ...router(
      `{ network: ext, address: 192.168.1.21, zones: [{ match: [10.0.0.0/25, 20.0.0.0/8], localAddresses: [192.168.1.50-192.168.1.53, { address: 192.168.1.60, state: draining }, { address: 192.168.1.61, state: removed }], ports: 2000-3000, mapping: { udp: apdm, icmp: apdm }, hostLimits: { sessions: off, newSessions: 5/s }, reject: silent }] },
      { network: more, sources: [10.0.0.128/25], enableSnat: false, hosts: [h2], mac: "02:00:00:00:00:07" }`,
      '{ subnet: blue4 }, { subnet: orange4, snat: 20.0.0.77, snatMac: "02:00:00:00:00:08" }',
      '\n    routes: [30.0.0.0/8 via 192.168.1.9, 31.0.0.0/8 via 10.0.0.99]',
    ),
    ...floating(
      'address: 192.168.1.101, network: ext, lport: a1',
      'name: web, network: ext, placement: centralized, forwardings: [{ protocol: tcp, port: 80, lport: b2, toPort: 8080 }, { protocol: udp, port: 80, lport: b2 }]',
      'name: held, network: ext, mac: "02:00:00:00:00:09"',
    ),
  });
