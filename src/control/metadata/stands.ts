import type { MetadataConfig } from '../../config/config.js';
import { grouped } from '../../objects/grouped.js';
import {
  covers,
  type HostIpv4,
  hostOrder,
  network as networkOf,
  type Prefix,
  type WireIpv4,
  wireOrder,
} from '../../types/ipv4.js';
import type { Mac } from '../../types/mac.js';
import type { HostView, LportView } from '../dvr/view/hostView.js';
import type { StateIndex } from '../stateIndex.js';

/** A fixed address of a port of this host, and the one that stands for it towards the metadata endpoint: one for each router it can ask. */
export interface StandIn {
  /** What its number belongs to, as long as anybody has it. */
  readonly key: string;
  readonly number: number;
  /** In host order. */
  readonly address: HostIpv4;
  readonly port: LportView;
  readonly fixed: WireIpv4;
  readonly router: string;
  /** MACs of the router that may be asked, and the one that answers. */
  readonly macs: readonly Mac[];
  readonly mac: Mac;
}

/** The proxy has the first address; those of ports begin behind it. */
const PROXY = 1;
const FIRST = 2;
/** The network's own, the proxy's, and the broadcast address. */
const KEPT = 3;

export function proxyAddress(range: Prefix): WireIpv4 {
  return wireOrder(hostOrder(networkOf(range).address) + PROXY);
}

/** Address of number 0. */
export function firstAddress(range: Prefix): HostIpv4 {
  return (hostOrder(networkOf(range).address) + FIRST) as HostIpv4;
}

/** Ports on networks with routers: a request comes through an interface of one, and is asked in its name. Without an endpoint there are none. */
export function listStands(view: HostView, metadata: MetadataConfig | undefined, index: StateIndex): StandIn[] {
  if (metadata === undefined) return [];
  const { range } = metadata;
  const first = firstAddress(range);
  const most = 2 ** (32 - range.length) - KEPT;
  const doors = grouped(view.doors, ({ network }) => network);
  return view.lports.flatMap((port) => {
    const routers = grouped(doors.get(port.network) ?? [], ({ router }) => router);
    if (!port.adminUp || port.awaited !== 0) return [];
    return port.addresses.flatMap((fixed) =>
      [...routers].flatMap(([router, own]) => {
        const key = `${port.network} ${port.name} ${fixed} ${router}`;
        const number = index.stand(key, most);
        const { mac } = own.find(({ cidr }) => covers(cidr, fixed)) ?? own[0]!;
        const macs = own.flatMap((door) => door.macs);
        return number === undefined
          ? []
          : [{ key, number, address: (first + number) as HostIpv4, port, fixed, router, macs, mac }];
      }),
    );
  });
}
