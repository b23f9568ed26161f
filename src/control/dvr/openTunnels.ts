import { setTimeout as pause } from 'node:timers/promises';
import type { HostConfig } from '../../config/config.js';
import { fromAddonError } from '../../errors/system.js';
import type { Addon } from '../../io/addon.js';
import { TunnelKind } from '../../io/tunnelCalls.js';
import { formatIpv4 } from '../../types/ipv4.js';
import { tunnelKey } from '../buildRifs.js';
import type { StateIndex } from '../stateIndex.js';

/** UDP port of VXLAN (RFC 7348), IP protocol of GRE (RFC 2784). */
const VXLAN_PORT = 4789;
const GRE_PROTOCOL = 47;

/** A gateway that was killed has its sockets until the kernel is through with its memory. */
const GOING_MS = 1000;
const AGAIN_MS = 50;

/** A tunnel endpoint main opened and keeps: sockets for each worker. */
export interface HeldTunnel {
  readonly name: 'vxlan' | 'gre';
  readonly kind: TunnelKind;
  readonly slot: number;
  /** "192.0.2.1" */
  readonly address: string;
  /** Namespace the address is in; empty: the gateway's own. */
  readonly netns: string;
  readonly fds: readonly (readonly number[])[];
}

/** Sockets at the address of `host.vtep`, all or none. Throws a WindroseError: VTEP_BUSY when another gateway or program stays at the port. */
export async function openTunnels(
  addon: Pick<Addon, 'openTunnel' | 'closeFd'>,
  { vtep }: Pick<HostConfig, 'vtep'>,
  index: Pick<StateIndex, 'iface'>,
  workers: number,
): Promise<HeldTunnel[]> {
  if (vtep === undefined) return [];
  const netns = vtep.netns === undefined ? {} : { netns: vtep.netns };
  const address = formatIpv4(vtep.address);
  const done: HeldTunnel[] = [];
  try {
    for (const [name, kind, options] of [
      ['vxlan', TunnelKind.Udp, { port: VXLAN_PORT }],
      ['gre', TunnelKind.Raw, { protocol: GRE_PROTOCOL }],
    ] as const) {
      const slot = index.iface(tunnelKey(name));
      const fds = await once(() => addon.openTunnel({ address, ...netns, workers, ...options }));
      done.push({ name, kind, slot, address, netns: vtep.netns ?? '', fds });
    }
    return done;
  } catch (error) {
    for (const { fds } of done) for (const fd of fds.flat()) addon.closeFd(fd);
    throw fromAddonError(error, 'host.vtep');
  }
}

/** What `open` gives as soon as the port is free. */
async function once<T>(open: () => T): Promise<T> {
  for (let waited = 0; waited < GOING_MS; waited += AGAIN_MS) {
    try {
      return open();
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'EADDRINUSE') throw error;
    }
    await pause(AGAIN_MS);
  }
  return open();
}
