import { formatIssue } from '../../src/config/issues.js';
import { loadConfig } from '../../src/config/load.js';

/** A file without fault or warning; the tests change one section of it. */
const sections = {
  name: 'name: gw1',
  ifaces: `ifaces:
  - { name: lan, tap: wr-lan, role: inside, addresses: [1.1.100.1/16] }
  - { name: wan, packet: eth1, role: outside, addresses: [1.2.1.1/16] }`,
  routes: 'routes:\n  - default via 1.2.1.254 dev wan',
  zones: 'zones:\n  - { name: tenants, match: 1.1.0.0/16, localAddresses: [1.2.100.1, 1.2.100.2] }',
};

/** The sample with sections replaced or added, each a text that starts with its key. */
export function sample(changed: Readonly<Record<string, string>> = {}): string {
  return `${Object.values({ ...sections, ...changed }).join('\n')}\n`;
}

/** All issues of a text as printed, without remedies. */
export function issuesOf(text: string): string[] {
  return loadConfig(text, 'gateway.yaml').issues.map(formatIssue);
}
