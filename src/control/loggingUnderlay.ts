import type { Logger } from 'pino';
import { underlayNeed } from '../objects/underlayNeed.js';
import { mtuCommand } from './dvr/underlay.js';
import type { Shown } from './show/shown.js';

const TOO_SMALL =
  'MTU of the device under host.vtep is too small for the networks in tunnels; longer packets are lost (send_too_long)';

/**
 * One line when the device that has the address of tunnels takes less than networks in tunnels may send, one when it takes enough again. Path
 * MTU discovery cannot help: guests are told the MTU of their network, and the tunnel's socket refuses what does not fit.
 */
export function logUnderlay(shown: Underlays, log: Pick<Logger, 'warn' | 'info'>): () => void {
  let said = '';
  return () => {
    // Read anew each time: after a reload or other objects it is another.
    const { networks, links } = shown;
    const tunnel = networks?.tunnels[0];
    const need = underlayNeed(networks?.view.networks ?? []);
    const under = tunnel === undefined || need === undefined ? undefined : links.tunnelDevice(tunnel);
    if (tunnel === undefined || need === undefined || under === undefined) return;
    const { device, mtu } = under;
    const now = mtu < need.octets ? `${device} ${mtu} ${need.octets}` : '';
    if (now === said) return;
    said = now;
    const about = { address: tunnel.address, device, mtu, needs: need.octets, network: need.network };
    if (now === '') return log.info(about, 'MTU of the device under host.vtep is enough for the networks in tunnels');
    const remedy = `${mtuCommand(tunnel.netns, device, need.octets)}; or underlayMtu (and mtu of networks) in the objects no more than the device takes`;
    log.warn({ ...about, remedy }, TOO_SMALL);
  };
}

interface Underlays {
  readonly networks?: Pick<NonNullable<Shown['networks']>, 'tunnels' | 'view'> | undefined;
  readonly links: Pick<Shown['links'], 'tunnelDevice'>;
}
