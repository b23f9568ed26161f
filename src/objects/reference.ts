import { referencePage } from '../config/reference.js';
import { objectsShape } from './schema.js';

/** Prints docs/objects.md from the schema. */

/** A file without fault; the tests load it. */
export const OBJECTS_EXAMPLE = `hosts:
  - { name: h1, vtep: 192.0.2.1 }
  - { name: h2, vtep: 192.0.2.2 }
networks:
  - { name: blue, type: vxlan, id: 1001 }
  - { name: orange, type: vxlan, id: 1002 }
subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24 }
lports:
  - { name: a1, network: blue, addresses: [10.0.0.11], host: h1, tap: tapa1 }
  - { name: b2, network: orange, addresses: [20.0.0.22], host: h2, tap: tapb2 }
routers:
  - name: r1
    interfaces:
      - { subnet: blue4 }
      - { subnet: orange4 }
`;

const OPENING = `# Objects

Networks, ports and routers that are spread over hosts: one YAML file, the same for every host, which the configuration names
(\`objects\`, and \`host\` says which of the hosts a gateway is). Every gateway computes from it what its host has to know. The file is the
whole truth: what it no longer holds is removed. This page is printed from the schema by \`node scripts/objects-page.mjs\`.

Objects refer to each other by name; a UUID is a name as any other. A MAC that is left out is drawn from the object's name, so that hosts
that read the same file come to the same one, and is kept from then on. A bound port keeps its MAC; unbind it to give it another one.

\`\`\`yaml
${OBJECTS_EXAMPLE}\`\`\`
`;

/** The whole page. */
export function objectsReference(): string {
  return referencePage(OPENING, objectsShape);
}
