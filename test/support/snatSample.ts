import type { ZoneConfig } from '../../src/config/config.js';
import { resolveZone } from '../../src/config/resolveZone.js';
import { zoneSchema } from '../../src/config/zoneSchema.js';
import type { GatewayObject, Objects } from '../../src/objects/model.js';
import { ip, mac, prefix, sample } from './dvrSample.js';

/** The reference topology with its external network (dvr.md 1.3): router r leaves by 192.168.1.21, host n has its SNAT service. */
export const SNAT_MAC = {
  sA: 'fa:16:3e:a3:ef:a9',
  sB: 'fa:16:3e:de:85:63',
  q: 'fa:16:3e:93:cb:37',
  /** The upstream router. */
  u: '02:00:00:00:00:01',
} as const;

/** A zone as a file has it. */
export function zone(match: string, localAddresses: readonly string[], more: object = {}): ZoneConfig {
  return resolveZone(zoneSchema.parse({ name: 'all', match, localAddresses, ...more }), 'default');
}

export const gateway: GatewayObject = {
  ...{ network: 'ext', subnet: 'ext4', address: ip('192.168.1.21'), mac: mac(SNAT_MAC.q), enableSnat: true },
  ...{ sources: [], zones: [zone('0.0.0.0/0', ['192.168.1.21'])], hosts: [] },
};

export const snatSample: Objects = {
  ...sample,
  hosts: sample.hosts.map((host) => ({ ...host, physnets: ['physnet1'] })),
  networks: [
    ...sample.networks,
    {
      ...{ name: 'ext', type: 'flat', id: 0, physnet: 'physnet1', mtu: 1500, unknownUnicast: 'flood', arp: 'flood' },
      external: true,
    },
  ],
  subnets: [...sample.subnets, { name: 'ext4', network: 'ext', cidr: prefix('192.168.1.0/24'), gateway: ip('192.168.1.1') }],
  routers: sample.routers.map((router) => ({ ...router, gateways: [gateway] })),
  rifs: sample.rifs.map((rif) => {
    const blue = rif.subnet === 'blue4';
    return { ...rif, snat: { address: ip(blue ? '10.0.0.3' : '20.0.0.3'), mac: mac(blue ? SNAT_MAC.sA : SNAT_MAC.sB) } };
  }),
};
