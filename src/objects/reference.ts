import { referencePage } from '../config/reference.js';
import { objectsShape } from './schema.js';

/** Prints docs/objects.md from the schema. */

/** A file without fault; the tests load it. */
export const OBJECTS_EXAMPLE = `hosts:
  - { name: h1, vtep: 192.0.2.1, physnets: [physnet1] }
  - { name: h2, vtep: 192.0.2.2, physnets: [physnet1], mode: dvr_snat }
networks:
  - { name: blue, type: vxlan, id: 1001 }
  - { name: orange, type: vxlan, id: 1002 }
  - { name: ext, type: flat, physnet: physnet1, external: true }
subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
  - { name: ext4, network: ext, cidr: 192.168.1.0/24, gateway: 192.168.1.1, pools: [192.168.1.20-192.168.1.200] }
lports:
  - { name: a1, network: blue, addresses: [10.0.0.11], host: h1, tap: tapa1 }
  - { name: b2, network: orange, addresses: [20.0.0.22], host: h2, tap: tapb2 }
routers:
  - name: r1
    interfaces:
      - { subnet: blue4 }
      - { subnet: orange4 }
    gateways:
      - { network: ext, address: 192.168.1.21 }
floatingIps:
  - { address: 192.168.1.101, network: ext, lport: a1 }
  - { name: web, network: ext, forwardings: [{ protocol: tcp, port: 443, lport: b2, toPort: 8443 }] }
`;

const OPENING = `# Objects

Networks, ports and routers that are spread over hosts: one YAML file, the same for every host, which the configuration names
(\`objects\`, and \`host\` says which of the hosts a gateway is). Every gateway computes from it what its host has to know. The file is the
whole truth: what it no longer holds is removed. This page is printed from the schema by \`node scripts/objects-page.mjs\`.

Objects refer to each other by name; a UUID is a name as any other. A MAC that is left out is drawn from the object's name, so that hosts
that read the same file come to the same one, and is kept from then on. A bound port keeps its MAC; unbind it to give it another one.

What leaves by a router's gateway is translated by its SNAT service, on one host at a time: it has an address on each of the router's subnets
(\`snat\`) and the gateway's on the external network. A floating IP is translated at the host of its port. Where no address is written for any of
these they get the first free one of the subnet's pools, or of the subnet, and keep it: not its gateway's, nor one of a port, of an allowed pair or
of a zone. An address that something else is given by hand later is refused there, and not taken away here.

\`\`\`yaml
${OBJECTS_EXAMPLE}\`\`\`
`;

/** The whole page. */
export function objectsReference(): string {
  return referencePage(OPENING, objectsShape);
}
