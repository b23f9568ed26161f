import { frameText } from '../../../control/capture/frameLine.js';
import { type Echo, isIpv4, readEcho, unwrap } from './echo.js';
import { nameOf } from './topology.js';
import type { Hop, Place, Walk } from './walk.js';

/** Captured frames against the hops of a walk. */

/** Frames by where they were seen, in their order there. */
export type Captured = ReadonlyMap<Place, readonly Uint8Array[]>;

export interface JudgedHop extends Hop {
  /** The frame that was seen there, the first if there were several. */
  readonly seen?: Echo;
  /** Set when that is not what has to be seen: all of it in words. */
  readonly instead?: string;
}

/** Something seen: an echo, or another packet. */
interface Sight {
  readonly echo?: Echo;
  readonly text: string;
}

/** Both directions of a walk, request first. */
export function judge({ request, reply }: Walk, captured: Captured): [JudgedHop[], JudgedHop[]] {
  const sights = new Map([...captured].map(([place, frames]) => [place, frames.flatMap(sightOf)]));
  const direction = (hops: readonly Hop[], isReply: boolean): JudgedHop[] =>
    hops.map((hop, i) => {
      const seen = (sights.get(hop.place) ?? []).filter(({ echo }) => (echo?.reply ?? false) === isReply);
      const isHere = ({ place }: Hop): boolean => place === hop.place;
      const before = hops.slice(0, i).filter(isHere).length;
      // What is seen more often than it should be belongs to the last hop of a place.
      return judgeHop(hop, seen.slice(before, hops.slice(i + 1).some(isHere) ? before + 1 : seen.length));
    });
  return [direction(request, false), direction(reply, true)];
}

/** Right when exactly the one frame of the hop was seen there. */
function judgeHop(hop: Hop, seen: readonly Sight[]): JudgedHop {
  const wanted = hop.echo === undefined ? [] : [echoText(hop.echo)];
  const texts = seen.map(({ text }) => text);
  const echo = seen.find((one) => one.echo !== undefined)?.echo;
  const judged = echo === undefined ? hop : { ...hop, seen: echo };
  const right = texts.length === wanted.length && texts[0] === wanted[0];
  return right ? judged : { ...judged, instead: texts.join('; ') || 'nothing' };
}

/**
 * Questions on a device, of a guest or of the external network (ARP), are that network's business, an ICMP error there is not; on
 * the fabric everything in a tunnel counts.
 */
function sightOf(frame: Uint8Array): Sight[] {
  const wrapped = unwrap(frame);
  const echo = wrapped === undefined ? readEcho(frame) : readEcho(wrapped.inner, wrapped.tunnel);
  if (echo !== undefined) return [{ echo, text: echoText(echo) }];
  if (wrapped === undefined) return isIpv4(frame) ? [{ text: frameText(frame) }] : [];
  return [{ text: `VNI ${wrapped.tunnel.vni} ${wrapped.tunnel.from} > ${wrapped.tunnel.to}: ${frameText(wrapped.inner)}` }];
}

/** In the notation of dvr.md 2, with all there is to compare. */
export function echoText({ source, destination, from, to, ttl, reply, tunnel }: Echo): string {
  const segment =
    tunnel === undefined ? '' : ` VNI ${tunnel.vni} ${named(tunnel.from)} > ${named(tunnel.to)}${tunnel.df ? ' DF' : ''};`;
  return `[${named(source)} > ${named(destination)};${segment} ${from} > ${to} ${reply ? 'reply' : 'request'}; ttl ${ttl}]`;
}

function named(address: string): string {
  return `${nameOf(address)} ${address}`;
}
