import type { Echo } from './echo.js';
import { A1, A2, A3, B1, B2, GUESTS, type Guest, HOSTS, type Host } from './topology.js';

/** The walks of dvr.md 2.1 to 2.4, as they have to be. */

export interface Walk {
  readonly id: string;
  readonly title: string;
  readonly from: Guest;
  readonly to: Guest;
}

export const WALKS: readonly Walk[] = [
  { id: '2.1', title: 'same host, same network: bridged', from: A1, to: A3 },
  { id: '2.2', title: 'same host, routed', from: A1, to: B1 },
  { id: '2.3', title: 'another host, same network: bridged', from: A1, to: A2 },
  { id: '2.4', title: 'another host, routed; the reply is routed at its own host', from: A1, to: B2 },
];

/** Where frames are looked at: a guest's device, or the fabric's link of a host. */
export type Place = Guest['name'] | Host['name'];

export interface Hop {
  readonly place: Place;
  /** In words. */
  readonly at: string;
  /** The one frame that has to be seen; undefined: nothing may be seen. */
  readonly echo?: Echo;
  /** Not worth a line while nothing is seen there. */
  readonly aside?: boolean;
}

const INITIAL_TTL = 64;

/**
 * One direction. A router decrements once, at the host of the sender; between hosts its MAC is the host's, the segment that of the destination
 * network (dvr.md 2.4), in datagrams that may not be fragmented (2.3). No frame crosses the fabric to a host without business there, and none
 * that stays on its host.
 */
export function hopsOf(from: Guest, to: Guest, reply: boolean): Hop[] {
  const routed = from.network !== to.network;
  const ttl = routed ? INITIAL_TTL - 1 : INITIAL_TTL;
  const packet = { from: from.address, to: to.address, reply };
  const sent = { ...packet, source: from.mac, destination: routed ? from.network.gatewayMac : to.mac, ttl: INITIAL_TTL };
  const arrives = { ...packet, source: routed ? to.network.gatewayMac : from.mac, destination: to.mac, ttl };
  const tunnel = { vni: to.network.vni, from: from.host.vtep, to: to.host.vtep, df: true };
  const crosses = { ...arrives, source: routed ? from.host.mac : from.mac, tunnel };
  const crossed = from.host === to.host ? [] : [from.host, to.host];
  return [
    { place: from.name, at: `${from.name} sends`, echo: sent },
    ...crossed.map(
      ({ name }, i): Hop => ({ place: name, at: i === 0 ? `${name} to fabric` : `fabric to ${name}`, echo: crosses }),
    ),
    ...HOSTS.filter((host) => !crossed.includes(host)).map(({ name }): Hop => ({ place: name, at: `fabric at ${name}` })),
    { place: to.name, at: `${to.name} receives`, echo: arrives },
    ...GUESTS.filter((guest) => guest !== from && guest !== to).map(
      ({ name }): Hop => ({ place: name, at: `${name}, a bystander`, aside: true }),
    ),
  ];
}
