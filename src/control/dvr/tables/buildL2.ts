import { sharedWords } from '../../../shared/words.js';
import type { HashKey } from '../../../tables/hash.js';
import {
  ANY_NETWORK,
  BY_SOURCE,
  HOST_MACS,
  L2,
  L2Kind,
  type L2Table,
  l2Find,
  l2Put,
  l2Words,
  SERVICE_ELSEWHERE,
} from '../../../tables/l2.js';
import { macHeadOf, macTailOf } from '../../../tables/macWords.js';
import type { Mac } from '../../../types/mac.js';
import type { BuiltRif } from '../../buildRifs.js';
import type { StateIndex } from '../../stateIndex.js';
import type { HostView } from '../view/hostView.js';

/** First two octets (u16 as loaded) and last four (as loaded) of a MAC. */
export function macWords(mac: Mac): readonly [a: number, b: number] {
  return [macHeadOf(mac), macTailOf(mac)];
}

/** Who has which MAC: ports and interfaces of this host, and what is at others. `vteps`: numbers of tunnel endpoints by host. */
export function buildL2(
  view: HostView,
  rifs: readonly BuiltRif[],
  index: StateIndex,
  vteps: ReadonlyMap<string, number>,
  key: HashKey,
): L2Table {
  const ours = view.lports.reduce((sum, { macs }) => sum + macs.length, 0);
  const others = view.macs.length + rifs.length + view.rifMacs.length + view.vteps.length + view.reserved.length;
  const table = { slots: sharedWords(l2Words(ours + others)), key };
  const types = new Map(view.networks.map(({ name, type }) => [name, type]));
  const put = (network: number, mac: Mac, where: number, gateway: number) => {
    const [a, b] = macWords(mac);
    l2Put(table, network, a, b, where, gateway);
    return l2Find(table, network, a, b);
  };
  for (const { network, mac, host, relayUntil, service } of view.macs) {
    const gateway = service === undefined ? -1 : SERVICE_ELSEWHERE;
    const type = types.get(network);
    const number = vteps.get(host);
    if (type === 'vxlan' || type === 'gre') {
      if (number === undefined) continue;
      const at = put(index.network(network), mac, (L2Kind.Remote << 24) | number, gateway);
      table.slots[at + L2.Replica] = replicaOf(view, network, service, index);
      // 0 is none.
      if (relayUntil !== undefined) table.slots[at + L2.RelayUntil] = relayUntil | 0 || 1;
    } else if (type !== 'local') {
      const at = put(index.network(network), mac, L2Kind.Wire << 24, gateway);
      table.slots[at + L2.Replica] = replicaOf(view, network, service, index);
    }
  }
  for (const port of view.lports) {
    const network = index.network(port.network);
    const where = (L2Kind.Port << 24) | index.lport(port.name);
    const gateway = gatewayOf(view, port.network, index);
    for (const mac of port.macs) put(network, mac, where, gateway);
  }
  for (const { network = -1, config, index: number } of rifs)
    if (network >= 0) put(network, config.mac, (L2Kind.Rif << 24) | number, -1);
  // Of those that nobody here has to know the place of.
  for (const { network, mac } of view.reserved) {
    if (mac === undefined || l2Find(table, index.network(network), ...macWords(mac)) >= 0) continue;
    put(index.network(network), mac, 0, SERVICE_ELSEWHERE);
  }
  for (const { host, mac } of view.vteps)
    if (mac !== undefined) put(HOST_MACS, mac, (L2Kind.Remote << 24) | vteps.get(host)!, -1);
  for (const mac of view.rifMacs) put(ANY_NETWORK, mac, L2Kind.Rif << 24, -1);
  return table;
}

/** L2.Replica of the service of a router. */
function replicaOf({ routers }: HostView, network: string, router: string | undefined, index: StateIndex): number {
  const rif = routers.find(({ name }) => name === router)?.rifs.find((one) => one.network === network);
  return rif === undefined ? 0 : 1 + index.rif(rif.name);
}

/** I7': of several routers on a network the packet's source decides. */
function gatewayOf(view: HostView, network: string, index: StateIndex): number {
  const on = view.routers.flatMap(({ rifs }) => rifs.filter((rif) => rif.network === network));
  return on.length === 0 ? -1 : on.length === 1 ? index.rif(on[0]!.name) : BY_SOURCE;
}
