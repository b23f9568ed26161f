import type { Echo } from './echo.js';
import type { Scene } from './scene.js';
import { type Guest, HOSTS, type Host, type Network, UP, type Upstream } from './topology.js';

/** Walks of packets: which frame has to be seen where. */

/** Where frames are looked at: a guest's device, the fabric's link of a host, the external network's link of a host, the upstream router's device. */
export type Place = Guest['name'] | Host['name'] | `${Host['name']}-external` | Upstream['name'];

export interface Hop {
  readonly place: Place;
  /** In words. */
  readonly at: string;
  /** The one frame that has to be seen; undefined: nothing may be seen. A place with several hops sees them in their order. */
  readonly echo?: Echo;
  /** What nothing may be seen on, and at whom. */
  readonly silent?: { readonly medium: 'fabric' | 'external'; readonly at: string };
  /** Not worth a line while nothing is seen there. */
  readonly aside?: boolean;
}

/** An echo request and its reply. */
export interface Walk {
  readonly id: string;
  readonly title: string;
  readonly from: Guest | Upstream;
  /** Whom it is meant for, in words, and the address that is pinged. */
  readonly to: string;
  readonly target: string;
  readonly request: readonly Hop[];
  readonly reply: readonly Hop[];
}

/** Addresses and TTL of a packet at a hop. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly ttl: number;
}

/** A frame without the direction, which `leg` adds. */
export type Step = Omit<Hop, 'echo'> & { readonly echo: Omit<Echo, 'reply'> };

export const INITIAL_TTL = 64;

export function sends({ name, mac }: Guest, destination: string, packet: Packet): Step[] {
  return [{ place: name, at: `${name} sends`, echo: { source: mac, destination, ...packet } }];
}

export function receives({ name, mac }: Guest, source: string, packet: Packet): Step[] {
  return [{ place: name, at: `${name} receives`, echo: { source, destination: mac, ...packet } }];
}

/** From host to host in a tunnel, in a datagram that may not be fragmented (dvr.md 2.3). */
export function crosses(from: Host, to: Host, network: Network, macs: readonly [string, string], packet: Packet): Step[] {
  const tunnel = { vni: network.vni, from: from.vtep, to: to.vtep, df: true };
  const echo = { source: macs[0], destination: macs[1], ...packet, tunnel };
  return [
    { place: from.name, at: `${from.name} to fabric`, echo },
    { place: to.name, at: `fabric to ${to.name}`, echo },
  ];
}

/** Over the external network, from a host or the upstream router to another. */
export function outside(from: Host | Upstream, to: Host | Upstream, macs: readonly [string, string], packet: Packet): Step[] {
  const echo = { source: macs[0], destination: macs[1], ...packet };
  return [
    { ...externally(from), at: from === UP ? 'upstream sends' : `${from.name} to external`, echo },
    { ...externally(to), at: to === UP ? 'upstream receives' : `external to ${to.name}`, echo },
  ];
}

function externally(who: Host | Upstream): { readonly place: Place } {
  return { place: who.name === UP.name ? UP.name : `${who.name}-external` };
}

/**
 * One direction: its frames, each where it has to be, and nothing anywhere else. No frame crosses a link to a host without business there, and none
 * that stays on its host.
 */
export function leg({ guests, external }: Scene, reply: boolean, ...steps: readonly (readonly Step[])[]): Hop[] {
  const hops = steps.flat().map((step): Hop => ({ ...step, echo: { ...step.echo, reply } }));
  const arrival = hops.length - steps.at(-1)!.length;
  const seen = new Set(hops.map(({ place }) => place));
  const onFabric = HOSTS.map(({ name }): Hop => ({ place: name, ...nothing('fabric', name) }));
  const onExternal = [
    ...HOSTS.map(({ name }): Hop => ({ place: `${name}-external`, ...nothing('external', name) })),
    { place: UP.name, ...nothing('external', 'upstream') },
  ];
  const bystanders = guests.map(({ name }): Hop => ({ place: name, at: `${name}, a bystander`, aside: true }));
  const unseen = (all: readonly Hop[]): Hop[] => all.filter(({ place }) => !seen.has(place));
  return [
    ...hops.slice(0, arrival),
    ...unseen(onFabric),
    ...unseen(external ? onExternal : []),
    ...hops.slice(arrival),
    ...unseen(bystanders),
  ];
}

function nothing(medium: 'fabric' | 'external', at: string): Pick<Hop, 'at' | 'silent'> {
  return { at: `${medium} at ${at}`, silent: { medium, at } };
}
