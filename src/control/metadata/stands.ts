import type { MetadataConfig } from '../../config/config.js';
import { type HostIpv4, hostOrder, network as networkOf, type Prefix, type WireIpv4, wireOrder } from '../../types/ipv4.js';
import type { HostView, LportView, RifView } from '../dvr/view/hostView.js';
import type { StateIndex } from '../stateIndex.js';

/** A fixed address of a port of this host, and the one that stands for it towards the metadata endpoint. */
export interface StandIn {
  /** What its number belongs to, as long as anybody has it. */
  readonly key: string;
  readonly number: number;
  /** In host order. */
  readonly address: HostIpv4;
  readonly port: LportView;
  readonly fixed: WireIpv4;
  /** By whose MAC it is answered, and its router. */
  readonly rif: RifView;
  readonly router: string;
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

/** Ports on networks with a router: a request comes through a router interface. Without an endpoint there are none. */
export function listStands(view: HostView, metadata: MetadataConfig | undefined, index: StateIndex): StandIn[] {
  if (metadata === undefined) return [];
  const { range } = metadata;
  const first = firstAddress(range);
  const most = 2 ** (32 - range.length) - KEPT;
  const rifs = rifsOf(view);
  return view.lports.flatMap((port) => {
    const by = rifs.get(port.network);
    if (by === undefined || !port.adminUp || port.awaited !== 0) return [];
    return port.addresses.flatMap((fixed) => {
      const key = `${port.network} ${port.name} ${fixed}`;
      const number = index.stand(key, most);
      return number === undefined ? [] : [{ key, number, address: (first + number) as HostIpv4, port, fixed, ...by }];
    });
  });
}

/** The router interface that answers for each network: the gateway's, else the first one. */
function rifsOf({ routers }: HostView): Map<string, Pick<StandIn, 'rif' | 'router'>> {
  const all = routers.flatMap(({ name, rifs }) => rifs.map((rif) => ({ rif, router: name })));
  return new Map(all.toSorted((a, b) => Number(a.rif.isGateway) - Number(b.rif.isGateway)).map((one) => [one.rif.network, one]));
}
