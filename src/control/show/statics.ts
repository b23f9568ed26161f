import { setImmediate as nextRound } from 'node:timers/promises';
import type { Endpoint } from '../../config/natConfig.js';
import { Session, SessionFlag, SessionsHead } from '../../tables/sessions.js';
import { Static, staticOfInside } from '../../tables/statics.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { StaticRow } from '../../types/showNat.js';
import { copyRow } from './sessions.js';
import type { Shown } from './shown.js';

/** Rows looked at before the process turns to something else. */
const ROWS_PER_ROUND = 65_536;

/** Static mappings in the order of the configuration, with their live sessions: a walk over the session tables counts them. */
export async function showStatics({ built, states }: Pick<Shown, 'built' | 'states'>): Promise<StaticRow[]> {
  const { config, snapshot } = built;
  const sessions = new Array<number>(config.staticMappings.length).fill(0);
  const words = new Int32Array(Session.Words);
  if (sessions.length > 0)
    for (const { sessions: table } of states)
      for (let i = 0; i < table.head[SessionsHead.HighWater]!; i++) {
        if (i % ROWS_PER_ROUND === ROWS_PER_ROUND - 1) await nextRound();
        if (!copyRow(table, i * Session.Words, words)) continue;
        const meta = words[Session.Meta]!;
        if ((meta & SessionFlag.Static) === 0) continue;
        const port = words[Session.OutwardPorts]! & 0xffff;
        const row = staticOfInside(snapshot.statics, words[Session.InsideAddress]!, meta & 0xff, port);
        if (row >= 0) sessions[row / Static.Words]!++;
      }
  return config.staticMappings.map(({ name, protocol, external, inside }, i) => ({
    name: name ?? '',
    protocol: protocol ?? 'any',
    external: written(external),
    inside: written(inside),
    sessions: sessions[i]!,
  }));
}

function written({ address, port }: Endpoint): string {
  return port === 0 ? formatIpv4(address) : `${formatIpv4(address)}:${port}`;
}
