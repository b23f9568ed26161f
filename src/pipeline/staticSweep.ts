import { type Addresses, AddressKind, AddressRow } from '../tables/addresses.js';
import { isReserved } from '../tables/ownership.js';
import { poolOf, swapPort } from '../tables/portBlocks.js';
import { trieLookup } from '../tables/prefixTrie.js';
import { GATEWAY_ROUTER } from '../tables/rifs.js';
import { hasRouter } from '../tables/routers.js';
import { poolIndexOf, routerOf, Session, SessionFlag } from '../tables/sessions.js';
import { Static, staticOfInside } from '../tables/statics.js';
import type { PipelineContext } from './context.js';

/**
 * True for a session that the static mappings contradict (STA-3, STA-4). Either it is by a mapping that is gone or leads
 * elsewhere now. Or it is by a zone, and its external port or its inside endpoint has become a static mapping's: that endpoint
 * would have two external ones (STA-1). All others stay, unless their router is gone or has lost the address; those of the
 * gateway go on with an address that drains.
 */
export function isContradicted(cx: PipelineContext, row: number): boolean {
  const r = cx.sessions.rows;
  const meta = r[row + Session.Meta]!;
  const protocol = meta & 0xff;
  const externalPort = r[row + Session.InwardPorts]! >>> 16;
  const insidePort = r[row + Session.OutwardPorts]! & 0xffff;
  const router = routerOf(r, row);
  if (!hasRouter(cx.routers, router)) return true;
  const statics = cx.routers.statics[router]!;
  const s = staticOfInside(statics, r[row + Session.InsideAddress]!, protocol, insidePort);
  if ((meta & SessionFlag.Static) === 0) {
    if (router !== GATEWAY_ROUTER && !hasAddress(cx.routers.addresses[router]!, r[row + Session.ExternalAddress]!)) return true;
    const port = swapPort(externalPort);
    return s >= 0 || isReserved(cx.ports64, poolOf(cx.ports64, protocol, poolIndexOf(r, row)), port);
  }
  if (s < 0 || statics.rows[s + Static.External] !== r[row + Session.ExternalAddress]) return true;
  const isHost = statics.rows[s + Static.Protocol] === 0;
  return externalPort !== (isHost ? insidePort : statics.rows[s + Static.Ports]! >>> 16);
}

function hasAddress(t: Addresses, address: number): boolean {
  const found = trieLookup(t.trie, address);
  const kind = found < 0 ? -1 : t.rows[found * AddressRow.Words + AddressRow.Kind];
  return kind === AddressKind.Local || kind === AddressKind.Zone;
}
