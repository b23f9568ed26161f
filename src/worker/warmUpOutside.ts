import type { PipelineContext } from '../pipeline/context.js';
import { Floating } from '../tables/floating.js';
import { Lport } from '../tables/lports.js';
import { Fabric } from '../tables/switching.js';
import { type End, endOfPort, endOfRif, flow, gatewayOf } from './warmUpNetworks.js';

/** What a host of distributed routers does with an external network, in the warm-up. */

const COUNT = 16;
/** Somebody beyond the upstream router; its address as loaded. */
const OUTSIDE: End = { mac: Uint8Array.of(2, 0, 0, 0, 0, 0x78), address: 0x0808_0808 };

/** Ports whose frames leave: of the first one by its floating IP, of the second by the SNAT service of another host. */
export const LEAVING = 2;

/** Fills the burst with what a port sends to the outside, and to the floating IP. Returns how many. */
export function fillToOutside(cx: PipelineContext, port: number): number {
  const { rows } = cx.switching.lports;
  const row = port * Lport.Words;
  const own = endOfPort(cx, port);
  const { mac } = gatewayOf(cx, rows[row + Lport.Network]!);
  cx.iface = rows[row + Lport.Iface]!;
  for (let f = 0; f < COUNT; f++) {
    const address = f % 8 === 6 ? cx.switching.floating.rows[Floating.Address]! : OUTSIDE.address;
    flow(cx, f, own, { mac, address }, f % 4 < 3);
  }
  return COUNT;
}

/** The same from the outside to the floating IP. Returns how many; 0 without one. */
export function fillFromOutside(cx: PipelineContext): number {
  const { floating, fabric } = cx.switching;
  if (floating.count === 0) return 0;
  const { mac } = endOfRif(cx, floating.rows[Floating.Rif]!);
  cx.iface = fabric.indexOf(Fabric.Physnet);
  for (let f = 0; f < COUNT; f++) flow(cx, f, OUTSIDE, { mac, address: floating.rows[Floating.Address]! }, f % 4 < 3);
  return COUNT;
}
