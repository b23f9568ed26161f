import { Verdict } from '../../../shared/verdict.js';
import { covers, formatIpv4, type WireIpv4 } from '../../../types/ipv4.js';
import { isIpv6Prefix } from '../../../types/ipv6.js';
import { formatMac, type Mac } from '../../../types/mac.js';
import type { Shown } from '../../show/shown.js';
import { type Stage, text } from '../scene.js';
import type { Asked } from './askArp.js';
import type { NetworkEntry } from './networkEntry.js';
import { equal, hostOfMac, segmentText, whereaboutsOf } from './whereabouts.js';

/** Verdicts of locate.ts, of the guards, and of who has a destination. */
const LOCATED: readonly Verdict[] = [
  ...[Verdict.DropShortFrame, Verdict.DropVlanTagged, Verdict.DropLportDown, Verdict.DropLportMigrating],
  ...[Verdict.DropNetworkUnknown, Verdict.DropPhysnetUnused, Verdict.DropVtepUnknown, Verdict.DropTunnelHeader],
];
const GUARDED: readonly Verdict[] = [
  ...[Verdict.DropInfrastructureMac, Verdict.DropSpoofMac, Verdict.DropSpoofIp, Verdict.DropIpv6LinkLocal],
  ...[Verdict.DropDhcpServer, Verdict.DropVirtioHeader],
  ...[Verdict.DropRifDst, Verdict.DropRifSrc, Verdict.DropOwnHostMac, Verdict.DropOwnRifMac, Verdict.DropHostMacDst],
];
const SWITCHED: readonly Verdict[] = [
  ...[Verdict.Bridged, Verdict.Flooded, Verdict.Relayed, Verdict.DropReflected, Verdict.DropPeerRouted, Verdict.DropLinkControl],
  ...[Verdict.DropUnknownUnicast, Verdict.DropSplitHorizon, Verdict.DropSnatNotActive, Verdict.DropNetworkMtu],
];

/** Given before a frame gets to any router. */
export const BEFORE_ROUTERS: readonly Verdict[] = [...LOCATED, ...GUARDED, ...SWITCHED];

/** Where a frame comes in. */
export function placeStage(shown: Shown, { network, number, port, host }: NetworkEntry): Stage {
  const on = `network ${network.name} (${segmentText(shown, number)})`;
  if (port === undefined) {
    const from = host === undefined ? `somebody on ${network.physnet}` : `host ${host.name}`;
    const vtep = host?.vtep === undefined || network.physnet !== undefined ? '' : `, ${text(host.vtep)}`;
    return { step: 'fabric', found: `from ${from}${vtep}, on ${on}`, decides: LOCATED };
  }
  const { device, portSecurity, adminUp, awaited } = port;
  const held = shown.networks?.devices.find(({ of, config }) => of === 'lport' && config.name === port.name);
  const state = [
    ...(held === undefined ? [] : [shown.links.state(held.config)]),
    ...(portSecurity ? [] : ['no port security']),
    ...(adminUp ? [] : ['adminUp: false']),
    ...(awaited === 0 ? [] : ['waits for its guest to arrive']),
  ];
  return { step: 'port', found: [`${port.name}: ${device.kind} ${device.name}`, on, ...state].join(', '), decides: LOCATED };
}

/** What a port may send (guardLport.ts), or what may come in from the fabric (guardFabric.ts). */
export function guardStage(shown: Shown, entry: NetworkEntry, source: Mac, address: WireIpv4 | undefined): Stage {
  return { step: 'guard', found: entry.port === undefined ? peer() : guest(entry.port), decides: GUARDED };

  function guest(port: NonNullable<NetworkEntry['port']>): string {
    const said = address === undefined ? formatMac(source) : `${formatMac(source)} with ${formatIpv4(address)}`;
    if (!port.portSecurity) return `${said}: nothing is compared, without port security`;
    const at = port.allowed.findIndex(
      ({ mac, prefix }) => equal(mac, source) && (address === undefined || (!isIpv6Prefix(prefix) && covers(prefix, address))),
    );
    if (at < 0) {
      const own = port.allowed.flatMap(({ mac, prefix }) =>
        isIpv6Prefix(prefix) ? [] : [`${formatMac(mac)} with ${text(prefix.address)}/${prefix.length}`],
      );
      return `${said} is not what ${port.name} may send from: ${own.join(', ') || 'nothing'}`;
    }
    return `${said} is ${at < port.addresses.length ? 'its own' : 'of an allowed pair'}`;
  }

  function peer(): string {
    const host = hostOfMac(shown, source);
    if (host !== '') return `${formatMac(source)} is the host MAC of ${host}: a router there has sent it on`;
    return `source ${formatMac(source)} is ${whereaboutsOf(shown, entry.number, source).found}`;
  }
}

export function arpStage({ found }: Asked): Stage {
  return { step: 'arp', found, decides: [] };
}

/** Who has the destination of a frame (switchBurst.ts). */
export function destinationStage(shown: Shown, network: number, destination: Mac): Stage {
  const mac = formatMac(destination);
  if ((destination[0]! & 1) === 1) return { step: 'to', found: `${mac}, all of the network that want it`, decides: SWITCHED };
  return { step: 'to', found: `${mac} is ${whereaboutsOf(shown, network, destination).found}`, decides: SWITCHED };
}
