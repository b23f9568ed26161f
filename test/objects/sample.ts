import { formatIssue } from '../../src/config/issues.js';
import { readObjects, type Standing } from '../../src/objects/load.js';
import type { Objects } from '../../src/objects/model.js';

/** Two networks, one router, two hosts and an unbound port, without fault or warning; the tests change one section of it. */
const sections = {
  hosts: `hosts:
  - { name: h1, vtep: 192.0.2.1 }
  - { name: h2, vtep: 192.0.2.2 }`,
  networks: `networks:
  - { name: blue, type: vxlan, id: 1001 }
  - { name: orange, type: gre, id: 1002 }`,
  subnets: `subnets:
  - { name: blue4, network: blue, cidr: 10.0.0.0/24 }
  - { name: orange4, network: orange, cidr: 20.0.0.0/24, gateway: 20.0.0.1 }`,
  lports: `lports:
  - { name: a1, network: blue, addresses: [10.0.0.11], host: h1, tap: tapa1, netns: vm-a1 }
  - { name: b2, network: orange, addresses: [20.0.0.22], host: h2, tap: tapb2 }
  - { name: a9, network: blue, addresses: [10.0.0.19] }`,
  routers: `routers:
  - name: r1
    interfaces:
      - { subnet: blue4 }
      - { subnet: orange4 }`,
};

type Sections = Readonly<Partial<Record<keyof typeof sections | 'underlayMtu' | 'floatingIps', string>>>;

/** The sample with sections replaced or added, each a text that starts with its key. */
export function objectsText(changed: Sections = {}): string {
  return `${Object.values({ ...sections, ...changed }).join('\n')}\n`;
}

/** All issues of the sample so changed, as printed and without the file's name. */
export function issuesOf(changed: Sections, standing?: Standing): string[] {
  const { issues } = readObjects(objectsText(changed), 'o.yaml', standing);
  return issues.map((issue) => formatIssue(issue).replace('o.yaml:', ''));
}

/** The objects of a text without errors. */
export function objectsOf(changed: Sections = {}, standing?: Standing): Objects {
  const { objects, issues } = readObjects(objectsText(changed), 'o.yaml', standing);
  if (objects === undefined) throw new Error(issues.map(formatIssue).join('\n'));
  return objects;
}
