import type { Placed } from '../config/placed.js';
import type { WireIpv4 } from '../types/ipv4.js';
import type { Mac } from '../types/mac.js';
import { drawMacs, type MacDraw, macKey, macOn, type WantedMac } from './drawMacs.js';
import { drawnExits } from './exitMac.js';
import type { GatewayWritten } from './gatewayDraft.js';
import type { HostEntry } from './kinds/host.js';
import type { LportEntry } from './kinds/lport.js';
import type { NetworkEntry } from './kinds/network.js';
import type { Objects } from './model.js';
import type { RifWritten } from './rifDraft.js';
import type { SubnetDraft } from './subnetDraft.js';

/** What has MACs, in the order of the file, with those that are written. */
interface Written {
  readonly hosts: readonly Placed<HostEntry>[];
  readonly networks: readonly Placed<NetworkEntry>[];
  readonly subnets: readonly Placed<SubnetDraft>[];
  readonly lports: readonly Placed<LportEntry>[];
  readonly rifs: readonly Placed<RifWritten>[];
  readonly gateways: readonly Placed<GatewayWritten>[];
  readonly floatingIps: readonly Placed<{
    readonly network: string;
    readonly address: WireIpv4 | undefined;
    readonly mac?: Mac | undefined;
  }>[];
}

/** MACs of all of them, in their order; `snats`: one for each interface that has a service. */
export interface DraftMacs {
  readonly lports: readonly Mac[];
  readonly rifs: readonly Mac[];
  readonly snats: readonly Mac[];
  readonly gateways: readonly Mac[];
  readonly floatingIps: readonly Mac[];
}

export function draftMacs(written: Written, before: Objects | undefined, draw: MacDraw): DraftMacs {
  const networkOf = new Map(written.subnets.map(({ value }) => [value.name, value.network]));
  const networkOfRif = ({ subnet }: RifWritten): string => networkOf.get(subnet) ?? '';
  const wanted: Record<keyof DraftMacs, WantedMac[]> = {
    lports: written.lports.map(({ value: { network, name, mac } }) => ({ key: macKey.lport(network, name), network, mac })),
    rifs: written.rifs.map(({ value }) => ({
      key: macKey.rif(value.router, value.subnet),
      network: networkOfRif(value),
      mac: value.mac,
    })),
    snats: written.rifs.flatMap(({ value }) => {
      if (value.snat === undefined) return [];
      const { router, subnet, snat } = value;
      return [{ key: macKey.snat(router, subnet), network: networkOfRif(value), mac: snat.mac }];
    }),
    gateways: written.gateways.map(({ value: { router, network, mac } }) => ({
      key: macKey.gateway(router, network),
      network,
      mac,
    })),
    floatingIps: written.floatingIps.map(({ value: { network, address, mac } }) => ({
      key: macKey.floating(network, address ?? (0 as WireIpv4)),
      network,
      mac,
    })),
  };
  const macs = [...drawMacs(Object.values(wanted).flat(), before, macsOfHosts(written, draw), draw)];
  const next = (kind: keyof DraftMacs): Mac[] => macs.splice(0, wanted[kind].length);
  return {
    ...{ lports: next('lports'), rifs: next('rifs'), snats: next('snats') },
    ...{ gateways: next('gateways'), floatingIps: next('floatingIps') },
  };
}

/** What hosts have on external networks is not kept, and moves out of nobody's way once it is used. */
function macsOfHosts({ hosts, networks }: Written, draw: MacDraw): Set<string> {
  const names = hosts.map(({ value }) => value.name);
  const external = networks.filter(({ value }) => value.external);
  return new Set(
    external.flatMap(({ value: { name } }) =>
      [...drawnExits(names, name, new Set(), draw).values()].map((mac) => macOn(name, mac)),
    ),
  );
}
