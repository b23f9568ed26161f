import { NETWORK_IFACE, RifFlag } from '../../../tables/rifs.js';
import type { Prefix } from '../../../types/ipv4.js';
import type { Mac } from '../../../types/mac.js';
import type { BuiltRif } from '../../buildRifs.js';
import type { StateIndex } from '../../stateIndex.js';
import type { HostView } from '../view/hostView.js';

/** Of pairs, which nothing is ever sent on: a frame goes from one router to the other as it is. */
const NO_MAC: Mac = new Uint8Array(6);

/**
 * Router interfaces of exits, with their numbers: those on external networks, then of every pair both sides, the router's among that router's. Those
 * on a network are outside, as all of an exit is.
 */
export function exitRifs(view: HostView, index: StateIndex): BuiltRif[] {
  const mtus = new Map(view.networks.map(({ name, mtu }) => [name, mtu]));
  return view.exits.flatMap((exit) => {
    const exitNumber = index.router('exit', exit.network);
    const mtu = mtus.get(exit.network)!;
    const network = index.network(exit.network);
    const made = (name: string, router: number, mac: Mac, address: Prefix | undefined): BuiltRif => ({
      ...{ index: index.rif(name), iface: NETWORK_IFACE, vlan: 0, mtu, router, network: -1 },
      config: {
        ...{ name, role: 'outside', mac, mtu: undefined, group: 0, reversePath: 'off' },
        addresses: address === undefined ? [] : [address],
      },
    });
    const external = (name: string, mac: Mac, address: Prefix | undefined, speaksAs: BuiltRif['speaksAs']): BuiltRif => {
      const flags = RifFlag.Unique | RifFlag.Exit;
      return { ...made(name, exitNumber, mac, address), network, flags, ...(speaksAs !== undefined && { speaksAs }) };
    };
    return [
      external(exit.rif.name, exit.rif.mac, exit.rif.address, exit.rif.speaksAs),
      ...exit.floating.flatMap(({ address, own }) =>
        own === undefined ? [] : [external(own.name, own.mac, undefined, address)],
      ),
      ...exit.pairs.flatMap(({ router, routerSide, exitSide }) => [
        { ...made(routerSide.name, index.router('replica', router), NO_MAC, routerSide.address), flags: RifFlag.Exit },
        { ...made(exitSide.name, exitNumber, NO_MAC, exitSide.address), flags: RifFlag.Exit },
      ]),
    ];
  });
}
