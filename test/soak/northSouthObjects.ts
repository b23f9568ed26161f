import type { Dice } from '../support/mutate.js';

/** Ports that no forwarded ports lead to, for floating IPs; the others have them already. */
const FREE = ['r1', 'g1', 'r2'] as const;
/** Addresses of gateways, zones and floating IPs are drawn of these, so many that an address that is kept for nothing is missed some time. */
const THIRDS = 40;

/**
 * Other objects for the cloud of twins: floating IPs at other guests or at nobody, gateways with other addresses and zones,
 * without translation, on a router that is shut, and tenants with a router, a gateway and a network each that come and go.
 */
export function churnedObjects(base: string, dice: Dice): string {
  const address = (): string => `192.168.${10 + dice.below(THIRDS)}.${1 + dice.below(250)}`;
  let text = base;
  for (const [router, gateway] of [
    ['rr', '192.168.1.21'],
    ['rg', '192.168.1.22'],
  ] as const) {
    if (dice.below(6) === 0) text = text.replace(`- name: ${router}\n`, `- name: ${router}\n    adminUp: false\n`);
    if (dice.below(6) === 0) text = text.replace(`address: ${gateway}, mac`, `address: ${gateway}, enableSnat: false, mac`);
    else if (dice.below(3) === 0)
      text = text.replace(
        `address: ${gateway}, mac`,
        `address: ${gateway}, zones: [{ match: 0.0.0.0/0, localAddresses: [${address()}] }], mac`,
      );
  }
  const owners = [...FREE].sort(() => dice.below(3) - 1);
  FREE.forEach((lport, i) => {
    const to = dice.below(4) === 0 ? ' }' : `, lport: ${owners[i]}${dice.below(4) === 0 ? ', placement: centralized' : ''} }`;
    text = text.replace(`network: ext, lport: ${lport} }`, `network: ext${to.replace('lport:', 'lport :')}`);
  });
  text = text.replaceAll('lport :', 'lport:');
  for (let tenant = dice.below(4); tenant > 0; tenant--) {
    const name = `t${tenant}-${dice.below(10_000)}`;
    text = text
      .replace('subnets:\n', `  - { name: ${name}, type: vxlan, id: ${2000 + dice.below(100_000) * 4 + tenant} }\nsubnets:\n`)
      .replace('lports:\n', `  - { name: ${name}-4, network: ${name}, cidr: 10.9.0.0/24, gateway: 10.9.0.1 }\nlports:\n`)
      .replace(
        'routers:\n',
        `routers:\n  - name: ${name}-r\n    interfaces: [{ subnet: ${name}-4 }]\n    gateways: [{ network: ext, address: 192.168.${100 + tenant}.${1 + dice.below(250)} }]\n`,
      );
  }
  return text;
}
