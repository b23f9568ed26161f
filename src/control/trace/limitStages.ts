import { Verdict } from '../../shared/verdict.js';
import { Host } from '../../tables/hosts.js';
import { portSpaceOf } from '../../tables/portBlocks.js';
import { trieLookup } from '../../tables/prefixTrie.js';
import { Static } from '../../tables/statics.js';
import { Zone } from '../../tables/zones.js';
import { protocolName } from '../../types/trace.js';
import { Protocol } from '../../wire/ipv4.js';
import { sessionTotal } from '../show/totals.js';
import { type Scene, type Stage, text } from './scene.js';
import { sharesOf } from './shares.js';

/** What bounds a new session: its host's limits, the table; and the static mapping that has none of them. */

/** The limits of an inside host (resolve/hostLimits.ts). `host`: words of its row; undefined: it has none. `number`: of the zone that limits it. */
export function hostStage(
  { shown, packet, rehearsal }: Scene,
  inside: number,
  host: Int32Array | undefined,
  number: number = trieLookup(shown.built.snapshot.zones.trie, inside),
): Stage {
  const decides = [Verdict.DropHostLimit, Verdict.DropHostRate, Verdict.DropHostsFull, Verdict.DropRouterHostsFull];
  const { zones } = shown.built.snapshot;
  const zone = number * Zone.Words;
  const limits = zone < 0 ? [] : zones.rows.subarray(zone, zone + Zone.Words);
  const space = portSpaceOf(packet.protocol);
  const of = (used: number, limit: number | undefined, what: string): string[] =>
    limit === undefined || limit === 0 ? [] : [`${used} of ${limit} ${what}`];
  const said = [
    ...of(host?.[Host.Sessions] ?? 0, limits[Zone.HostSessions], 'sessions'),
    ...of(host?.[Host.Ports + space] ?? 0, limits[Zone.HostPorts], `${protocolName(packet.protocol)} ports`),
    ...(packet.protocol === Protocol.Tcp ? of(host?.[Host.HalfOpen] ?? 0, limits[Zone.HostHalfOpen], 'half open') : []),
    ...(limits[Zone.HostRate] ? [`at most ${limits[Zone.HostRate]} new ones a second, burst ${limits[Zone.HostBurst]}`] : []),
  ];
  const isAtShare = rehearsal.out !== undefined && !host?.[Host.Sessions] && !sharesOf(shown.states, rehearsal.out.flow).hosts;
  const share = isAtShare ? ', and its router has 8 times the hosts that there is room for' : '';
  const full = host === undefined && (rehearsal.out?.hostsFull ?? false) ? ', and there is no room for another host' : '';
  return {
    step: 'host',
    found: `${text(inside)}: ${said.length === 0 ? 'no limits' : said.join(', ')}${full || share}`,
    decides,
  };
}

export function tableStage({ shown: { states }, rehearsal: { out, back } }: Scene): Stage {
  const flow = (back ?? out)?.flow;
  const isAtShare = flow !== undefined && !sharesOf(states, flow).sessions;
  return {
    step: 'table',
    found: `${sessionTotal(states)} of ${states[0]!.sessions.capacity} sessions${isAtShare ? ', and its router has 8 times what is free' : ''}`,
    decides: [Verdict.DropSessionsFull, Verdict.DropRouterSessionsFull],
  };
}

/** A static mapping; `row` of tables/statics.ts. Rows stand in the order of the configuration (control/buildStatics.ts). */
export function fixedStage({ shown }: Scene, row: number): Stage {
  const { staticMappings } = shown.built.config;
  const mapping = staticMappings[row / Static.Words]!;
  const name = mapping.name === undefined ? '' : `${mapping.name}: `;
  const whole = mapping.protocol === undefined;
  const end = ({ address, port }: typeof mapping.inside): string => (whole ? text(address) : `${text(address)}:${port}`);
  const protocol = whole ? '' : `${mapping.protocol} `;
  return {
    step: 'static',
    found: `${name}${protocol}${end(mapping.external)} is ${end(mapping.inside)}`,
    decides: [Verdict.DropTcpState],
  };
}
