import type { PipelineContext } from '../pipeline/context.js';
import { L2, L2Kind } from '../tables/l2.js';
import { Network } from '../tables/networks.js';
import { GONE_IFACE, Rif } from '../tables/rifs.js';
import { macHead, macTail } from '../wire/ethernet.js';
import { deliver, sendBySlot, sendToHost, useHostMac } from './exit.js';
import { floodFromRouter } from './flood.js';
import { isInfrastructure } from './guardFabric.js';
import { isUnique } from './networkRifs.js';
import { relay } from './relay.js';
import { whoHas } from './whoHas.js';

/** What a router interface of a network sends, Ethernet header and all: emit's way out for NETWORK_IFACE. */
export function sendFromRouter(cx: PipelineContext, rif: number, frame: number, length: number): void {
  const m = cx.memory;
  const network = cx.rifs.rows[rif * Rif.Words + Rif.Network]!;
  if ((m.u8[frame]! & 1) !== 0) {
    floodFromRouter(cx, network, frame, length, !isUnique(cx, rif));
    return;
  }
  const { l2 } = cx.switching;
  const toA = macHead(m, frame);
  const toB = macTail(m, frame);
  const at = whoHas(cx, network, toA, toB);
  const where = at < 0 ? 0 : l2.slots[at + L2.Where]!;
  const kind = where >>> 24;
  if (kind === L2Kind.Port) deliver(cx, where & 0xff_ffff, frame, length);
  else if (kind === L2Kind.Rif) relay(cx, network, where & 0xff_ffff, frame, length);
  else if (kind === L2Kind.Remote || kind === L2Kind.Wire || mayBeOnWire(cx, network, toA, toB)) {
    if (!isUnique(cx, rif)) useHostMac(cx, frame);
    sendToHost(cx, network, kind === L2Kind.Remote ? kind : L2Kind.Wire, where & 0xff_ffff, frame, length);
  } else sendBySlot(cx, GONE_IFACE, frame, length);
}

/**
 * A MAC nobody is known to have may be a station of the physical network; not that of a router that has no replica here, or no longer, which
 * a neighbour remembered from before may still have (2.12 b).
 */
function mayBeOnWire(cx: PipelineContext, network: number, macA: number, macB: number): boolean {
  return cx.switching.networks.rows[network * Network.Words + Network.Physnet]! >= 0 && !isInfrastructure(cx, macA, macB);
}
