import { setImmediate as nextRound } from 'node:timers/promises';
import type { Endpoint, StaticMappingConfig } from '../../config/natConfig.js';
import { GATEWAY_ROUTER } from '../../tables/rifs.js';
import { routerOf, Session, SessionFlag, SessionsHead } from '../../tables/sessions.js';
import { Static, staticOfInside } from '../../tables/statics.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { StaticRow } from '../../types/showNat.js';
import { copyRow } from './sessions.js';
import type { Shown } from './shown.js';

/** Rows looked at before the process turns to something else. */
const ROWS_PER_ROUND = 65_536;

/** A mapping of some router's, with its live sessions. */
interface Counted {
  readonly mapping: StaticMappingConfig;
  readonly router: string;
  sessions: number;
}

/**
 * Static mappings in the order of the configuration, then those of SNAT services of this host (floating IPs and forwarded ports), with their live
 * sessions: a walk over the session tables counts them.
 */
export async function showStatics({ built, states }: Pick<Shown, 'built' | 'states'>): Promise<StaticRow[]> {
  const { config, routers, snapshot } = built;
  const of = (mappings: readonly StaticMappingConfig[], router: string): Counted[] =>
    mappings.map((mapping) => ({ mapping, router, sessions: 0 }));
  const all = new Map([
    [GATEWAY_ROUTER, of(config.staticMappings, '')],
    ...routers.map(({ number, scope, view }) => {
      return [number, of(scope.staticMappings, 'router' in view ? view.router : view.name)] as const;
    }),
  ]);
  const rows = [...all.values()].flat();
  const words = new Int32Array(Session.Words);
  if (rows.length > 0)
    for (const { sessions: table } of states)
      for (let i = 0; i < table.head[SessionsHead.HighWater]!; i++) {
        if (i % ROWS_PER_ROUND === ROWS_PER_ROUND - 1) await nextRound();
        if (!copyRow(table, i * Session.Words, words)) continue;
        const meta = words[Session.Meta]!;
        if ((meta & SessionFlag.Static) === 0) continue;
        const router = routerOf(words, 0);
        const statics = snapshot.routers.statics[router];
        if (statics === undefined) continue;
        const port = words[Session.OutwardPorts]! & 0xffff;
        const row = staticOfInside(statics, words[Session.InsideAddress]!, meta & 0xff, port);
        const counted = row < 0 ? undefined : all.get(router)?.[row / Static.Words];
        if (counted !== undefined) counted.sessions++;
      }
  return rows.map(({ mapping: { name, protocol, external, inside }, router, sessions }) => ({
    name: name ?? '',
    protocol: protocol ?? 'any',
    external: written(external),
    inside: written(inside),
    sessions,
    router,
  }));
}

function written({ address, port }: Endpoint): string {
  return port === 0 ? formatIpv4(address) : `${formatIpv4(address)}:${port}`;
}
