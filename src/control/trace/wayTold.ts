import { fibLookup } from '../../routing/fibLookup.js';
import { FibKey, FibNexthop, FibResult, FibRoute, type FibType, RIF_ANY, RIF_LO } from '../../tables/fib.js';
import { Rif } from '../../tables/rifs.js';
import { Protocol } from '../../wire/ipv4.js';
import { type Considered, considered } from '../routing/considered.js';
import { fibRouteText } from '../routing/fibText.js';
import { takePath } from '../routing/takePath.js';
import type { Scene } from './scene.js';

/** Where the routing tables send a packet, told again from the tables (resolve/way.ts has asked the same). */
export interface WayTold {
  /** See FibType; 0: no route, or a rule refused. */
  readonly type: FibType | 0;
  readonly rif: number;
  /** Next hop, or the destination itself. */
  readonly hop: number;
  readonly mtu: number;
  /** What a rule of action nat makes of the source; 0: nothing. */
  readonly nat: number;
  /** As ip-route(8) prints the route; "none". */
  readonly text: string;
  /** The rules that matched, in order. */
  readonly steps: readonly Considered[];
}

/** Addresses as loaded, ports in host order; `rif` below 0: the gateway itself sends. */
export interface Asked {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly rif: number;
}

/** Each rule that matched, and what came of it: "32766: from all lookup main -> no route". */
export function stepsText({ steps }: WayTold): string {
  return steps.map(({ rule, found }) => `${rule === '' ? '' : `${rule} -> `}${found}`).join('; ');
}

export function tellWay({ shown: { built, states }, packet }: Pick<Scene, 'shown' | 'packet'>, asked: Asked): WayTold {
  const { fib, rifs } = built.snapshot;
  const key = new Int32Array(FibKey.Words);
  const ported = packet.protocol === Protocol.Tcp || packet.protocol === Protocol.Udp;
  key[FibKey.Source] = asked.source;
  key[FibKey.Destination] = asked.destination;
  key[FibKey.Tos] = packet.tos;
  key[FibKey.Iif] = asked.rif < 0 ? RIF_LO : asked.rif;
  key[FibKey.Oif] = RIF_ANY;
  key[FibKey.Protocol] = packet.protocol;
  key[FibKey.SourcePort] = ported ? asked.sourcePort : -1;
  key[FibKey.DestinationPort] = ported ? asked.destinationPort : -1;
  const result = new Int32Array(FibResult.Words);
  const found = fibLookup(fib, key, result);
  takePath(fib, states[0]!.sessions.key, found, key, result);
  const steps = considered(built, key, found, result);
  if (found < 0) return { type: 0, rif: -1, hop: 0, mtu: 0, nat: 0, text: 'none', steps };
  const at = found * FibRoute.Words;
  const way = result[FibResult.Nexthop]! * FibNexthop.Words;
  const rif = way < 0 ? -1 : fib.nexthops[way + FibNexthop.Rif]!;
  const own = rif < 0 ? 0 : rifs.rows[rif * Rif.Words + Rif.Mtu]!;
  const mtu = fib.routes[at + FibRoute.Mtu]!;
  return {
    type: fib.routes[at + FibRoute.Type]! as FibType,
    rif,
    hop: way < 0 ? 0 : fib.nexthops[way + FibNexthop.Gateway]! || asked.destination,
    mtu: mtu === 0 ? own : Math.min(mtu, own),
    nat: result[FibResult.NatMask] === 0 ? 0 : result[FibResult.NatAddress]!,
    text: fibRouteText(built, found),
    steps,
  };
}
