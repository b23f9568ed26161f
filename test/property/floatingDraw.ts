import { DEFAULT_RULES } from '../../src/config/routingConfig.js';
import type { FloatingIpObject, HostMode, LportObject, Objects } from '../../src/objects/model.js';
import { ip, lport, mac, prefix, rif, vxlan } from '../support/dvrSample.js';
import { floatingIp } from '../support/floatingSample.js';
import type { Dice } from '../support/mutate.js';
import { gateway, snatSample, zone } from '../support/snatSample.js';

/** A random cloud with floating IPs: two tenants with the same addresses, each with its router, on three hosts. */

export interface DrawnGuest {
  readonly name: string;
  readonly router: string;
  readonly host: string;
  readonly mac: string;
  readonly fixed: string;
  /** MAC of its gateway. */
  readonly gateway: string;
  readonly floating: string | undefined;
}

export interface DrawnCloud {
  readonly objects: Objects;
  readonly guests: readonly DrawnGuest[];
  /** Whether a floating IP is its guest's host's to serve. */
  readonly served: (guest: DrawnGuest) => boolean;
}

const TENANTS = [
  { router: 'r', network: 'blue', gateway: 'fa:16:3e:3c:74:9c', shared: '192.168.1.21', q: 'fa:16:3e:93:cb:37' },
  { router: 's', network: 'green', gateway: 'fa:16:3e:00:99:01', shared: '192.168.1.22', q: 'fa:16:3e:00:99:02' },
] as const;

export function drawCloud(dice: Dice): DrawnCloud {
  const modes: HostMode[] = ['dvr', 'dvr', 'dvr_snat', 'dvr_no_external'];
  const hosts = snatSample.hosts.map((host) => ({
    ...host,
    mode: host.name === 'n' ? ('dvr_snat' as const) : dice.pick(modes),
    externalAddresses:
      dice.below(3) === 0 ? [{ network: 'ext', address: ip(`192.168.1.${30 + (host.name.charCodeAt(1) % 10)}`) }] : [],
  }));
  const count = 4 + dice.below(5);
  const guests: DrawnGuest[] = Array.from({ length: count }, (_, i) => {
    const tenant = TENANTS[i % 2]!;
    const last = 10 + (i >> 1);
    return {
      ...{ name: `g${i}`, router: tenant.router, host: dice.pick(hosts).name, gateway: tenant.gateway },
      ...{ mac: `fa:16:3e:00:0c:0${i}`, fixed: `10.0.0.${last}` },
      floating: dice.below(3) === 0 ? undefined : `192.168.1.${100 + i}`,
    };
  });
  const central = new Set(guests.filter(() => dice.below(5) === 0).map(({ name }) => name));
  const floatingMac = dice.pick(['perHost', 'perFip'] as const);
  const networks = [...snatSample.networks, vxlan('green', 1003)];
  const objects: Objects = {
    hosts,
    networks: networks.map((one) => (one.name === 'ext' ? { ...one, floatingMac } : one)),
    subnets: [...snatSample.subnets, { name: 'green4', network: 'green', cidr: prefix('10.0.0.0/24'), gateway: ip('10.0.0.1') }],
    lports: guests.map((guest): LportObject => {
      const { network } = TENANTS.find(({ router }) => router === guest.router)!;
      return lport(guest.name, network, guest.mac, guest.fixed, guest.host);
    }),
    routers: TENANTS.map(({ router, shared, q }) => ({
      ...{ name: router, distributed: true, adminUp: true, routes: [], rules: DEFAULT_RULES },
      gateways: [{ ...gateway, address: ip(shared), mac: mac(q), zones: [zone('0.0.0.0/0', [shared])] }],
    })),
    rifs: TENANTS.map(({ router, network, gateway: own }, i) => ({
      ...rif(`qr-${network}`, router, `${network}4`, own, '10.0.0.1'),
      snat: { address: ip('10.0.0.3'), mac: mac(`fa:16:3e:00:99:1${i}`) },
    })),
    floatingIps: guests.flatMap(({ name, fixed, floating, router }): FloatingIpObject[] => {
      if (floating === undefined) return [];
      const placement = central.has(name) ? 'centralized' : 'distributed';
      return [floatingIp(floating, name, fixed, { router, placement })];
    }),
  };
  const out = new Set(hosts.flatMap(({ name, mode }) => (mode === 'dvr_no_external' ? [] : [name])));
  return { objects, guests, served: ({ name, host, floating }) => floating !== undefined && !central.has(name) && out.has(host) };
}

/** The address that a guest without a floating IP is seen by outside. */
export function sharedOf({ router }: DrawnGuest): string {
  return TENANTS.find((one) => one.router === router)!.shared;
}
