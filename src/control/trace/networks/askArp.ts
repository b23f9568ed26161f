import { macOfWords } from '../../../tables/macWords.js';
import { Responder, ResponderFlag, responderFind } from '../../../tables/responder.js';
import { covers, hostOrder, type WireIpv4 } from '../../../types/ipv4.js';
import { formatMac, type Mac } from '../../../types/mac.js';
import type { BuiltRif } from '../../buildRifs.js';
import { text } from '../scene.js';
import type { NetworkEntry } from './networkEntry.js';
import { type Reads, rifText, whereaboutsOf } from './whereabouts.js';

/** What the sender of a packet learns before it sends: the MAC it writes into the frame. */
export interface Asked {
  /** Undefined: nobody answers, so that no packet is sent. */
  readonly mac: Mac | undefined;
  readonly found: string;
}

const BROADCAST: Mac = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);

/** The MAC an address of a network has, by the tables ARP is answered from (switching/arp.ts); undefined: none of them has it. */
export function macOf(shown: Reads, network: number, address: number): Mac | undefined {
  const { rifs, snapshot } = shown.built;
  const own = rifs.find((rif) => rif.network === network && rif.config.addresses[0]?.address === address);
  if (own !== undefined) return own.config.mac;
  const { responder } = snapshot.switching;
  const at = responderFind(responder, network, address);
  if (at < 0) return undefined;
  const s = responder.slots;
  const flags = s[at + Responder.Flags]!;
  if ((flags & ResponderFlag.Own) !== 0) return rifs.find(({ index }) => index === s[at + Responder.MacA])?.config.mac;
  return (flags & ResponderFlag.Unclaimed) === 0 ? macOfWords(s[at + Responder.MacA]!, s[at + Responder.MacB]!) : undefined;
}

/** By a guest: for the destination where it is on the guest's subnet, else for the gateway. */
export function askedByGuest(shown: Reads, entry: NetworkEntry, source: WireIpv4, to: WireIpv4): Asked {
  const { number, network } = entry;
  const group = groupMac(to);
  if (group !== undefined) return { mac: group, found: `${text(to)} is for a group: nobody is asked` };
  const replicas = rifsOn(shown, number).filter(({ flags = 0 }) => flags === 0);
  const on = (rif: BuiltRif, address: WireIpv4): boolean => covers(rif.config.addresses[0]!, address);
  const subnet = replicas.find((rif) => on(rif, source));
  if (replicas.length === 0) {
    const asked = askedWithoutRouter(shown, entry, source, to);
    if (asked !== undefined) return asked;
  }
  if (replicas.length === 0 || (subnet !== undefined && on(subnet, to))) {
    const mask = subnet?.config.addresses[0]?.mask;
    if (mask !== undefined && (hostOrder(to) | hostOrder(mask)) >>> 0 === 0xffff_ffff)
      return { mac: BROADCAST, found: `${text(to)} is the broadcast address of its subnet` };
    const mac = macOf(shown, number, to);
    if (mac !== undefined) return { mac, found: `${text(to)} is on its network: ${answered(shown, number, mac)}` };
    return { mac: undefined, found: `${text(to)} is on network ${network.name}, and nobody there is known to have it` };
  }
  const gateway = subnet ?? replicas[0]!;
  const { mac, addresses } = gateway.config;
  const { address } = addresses[0]!;
  return { mac, found: `its gateway ${text(address)} is asked for: ${answered(shown, number, mac)}` };
}

/** The gateway of its subnet, which is no router of this host; undefined: the destination is on the subnet. */
function askedWithoutRouter(shown: Reads, { number, network }: NetworkEntry, source: WireIpv4, to: WireIpv4): Asked | undefined {
  const subnets = shown.objects?.objects.subnets.filter((one) => one.network === network.name) ?? [];
  const own = subnets.find(({ cidr }) => covers(cidr, source));
  if (own === undefined || covers(own.cidr, to)) return undefined;
  const { gateway } = own;
  if (gateway === undefined) return { mac: undefined, found: `${text(to)} is elsewhere, and subnet ${own.name} has no gateway` };
  const mac = macOf(shown, number, gateway);
  if (mac === undefined) return { mac, found: `gateway ${text(gateway)} is nobody's: no router is on ${network.name}` };
  return { mac, found: `its gateway ${text(gateway)} is asked for: ${answered(shown, number, mac)}` };
}

/** By somebody on a physical network, for an address there. */
export function askedOnWire(shown: Reads, { number, network }: NetworkEntry, to: WireIpv4): Asked {
  const group = groupMac(to);
  if (group !== undefined) return { mac: group, found: `${text(to)} is for a group: nobody is asked` };
  const mac = macOf(shown, number, to) ?? routedTo(shown, number, to);
  if (mac !== undefined) return { mac, found: `${text(to)} is asked for: ${answered(shown, number, mac)}` };
  return { mac: undefined, found: `nobody on this host answers for ${text(to)} on network ${network.name}` };
}

/** The frame that another host's replica made of a packet that came in there: to the SNAT service, unless the destination is known. */
export function sentByReplica(shown: Reads, { number, network }: NetworkEntry, to: WireIpv4): Asked {
  const known = macOf(shown, number, to);
  if (known !== undefined) return { mac: known, found: `${text(to)} is ${whereaboutsOf(shown, number, known).found}` };
  const service = rifsOn(shown, number).find(({ config, flags = 0 }) => flags !== 0 && config.role === 'inside');
  const remote = shown.built.view.macs.find((one) => one.network === network.name && one.service !== undefined);
  const mac = service?.config.mac ?? remote?.mac;
  if (mac !== undefined) return { mac, found: `the SNAT service, ${whereaboutsOf(shown, number, mac).found}` };
  return {
    mac: undefined,
    found: `nobody on network ${network.name} is known to have ${text(to)}, and no SNAT service is on it`,
  };
}

/** Addresses of zones that lie in no subnet are routed to the interface they leave by. */
function routedTo({ built }: Reads, number: number, to: WireIpv4): Mac | undefined {
  for (const { view, rifs } of built.routers) {
    if (!('zones' in view)) continue;
    const has = view.zones.some(({ localAddresses }) => localAddresses.includes(to));
    if (has || view.staticMappings.some(({ external }) => external.address === to))
      return rifs.find(({ network, config }) => network === number && config.role === 'outside')?.config.mac;
  }
  return undefined;
}

function answered(shown: Reads, number: number, mac: Mac): string {
  const { found, rif } = whereaboutsOf(shown, number, mac);
  return `this host answers with ${formatMac(mac)}, ${rif === undefined ? found : rifText(shown, rif)}`;
}

function rifsOn({ built }: Reads, number: number): BuiltRif[] {
  return built.rifs.filter(({ network }) => network === number);
}

function groupMac(address: WireIpv4): Mac | undefined {
  const word = hostOrder(address) >>> 0;
  if (word === 0xffff_ffff) return BROADCAST;
  if (word >>> 28 !== 0xe) return undefined;
  return Uint8Array.of(0x01, 0x00, 0x5e, (word >>> 16) & 0x7f, word >>> 8, word);
}
