import { renderTable } from '../../table.js';
import type { Echo } from './echo.js';
import { echoText, type JudgedHop } from './judge.js';
import { nameOf } from './topology.js';

/** A walk as lines, one for each hop. */

interface Line {
  readonly hop: JudgedHop;
  readonly shown: Echo | undefined;
  /** The frame as it was at the hop before. */
  readonly before: Echo | undefined;
}

/**
 * The hops of one direction. Where nothing was seen, and nothing should be, one line stands for all such places of the fabric,
 * and one for those outside.
 */
export function walkText(hops: readonly JudgedHop[]): string {
  const lines: Line[] = [];
  let before: Echo | undefined;
  const silent = hops.filter(({ echo, instead, aside }) => echo === undefined && instead === undefined && !aside);
  for (const hop of hops.filter(({ instead, aside }) => instead !== undefined || !aside)) {
    if (silent.includes(hop)) {
      const there = silent.flatMap(({ silent: one }) => (one?.medium === hop.silent?.medium ? [one?.at] : []));
      const at = `${hop.silent?.medium} at ${there.join(', ')}`;
      if (there[0] === hop.silent?.at) lines.push({ hop: { ...hop, at }, shown: undefined, before });
    } else {
      lines.push({ hop, shown: hop.seen, before });
      before = hop.seen ?? before;
    }
  }
  const table = renderTable(
    lines,
    [
      { heading: hops[0]?.echo?.reply ? 'REPLY' : 'REQUEST', cell: ({ hop }) => hop.at },
      { heading: 'SOURCE', cell: ({ shown }) => (shown === undefined ? 'nothing' : named(shown.source)), blank: true },
      { heading: 'DESTINATION', cell: ({ shown }) => (shown === undefined ? '' : named(shown.destination)), blank: true },
      { heading: 'VNI', cell: ({ shown }) => String(shown?.tunnel?.vni ?? ''), blank: true },
      { heading: 'TUNNEL', cell: ({ shown }) => tunnelText(shown), blank: true },
      { heading: 'ADDRESSES', cell: ({ shown }) => (shown === undefined ? '' : `${shown.from} > ${shown.to}`), blank: true },
      { heading: 'TTL', cell: ({ shown }) => String(shown?.ttl ?? ''), right: true, blank: true },
      { heading: 'CHANGED', cell: ({ shown, before }) => changes(before, shown), blank: true },
      { heading: '', cell: ({ hop }) => (hop.instead === undefined ? 'ok' : 'WRONG') },
    ],
    false,
  );
  return `${table}${hops.flatMap(wrongText).join('')}`;
}

function wrongText({ at, echo, instead }: JudgedHop): string[] {
  if (instead === undefined) return [];
  return [`WRONG: ${at}\n  expected ${echo === undefined ? 'nothing' : echoText(echo)}\n  seen     ${instead}\n`];
}

function named(mac: string): string {
  return `${mac} ${nameOf(mac).padEnd(3)}`;
}

function tunnelText(echo: Echo | undefined): string {
  return echo?.tunnel === undefined ? '' : `${nameOf(echo.tunnel.from)} > ${nameOf(echo.tunnel.to)}`;
}

/** "a1 -> D1, G_A -> b2, 10.0.0.12 -> 192.168.1.21, ttl 64 -> 63" */
function changes(before: Echo | undefined, after: Echo | undefined): string {
  if (before === undefined || after === undefined) return '';
  const pairs = [
    [nameOf(before.source), nameOf(after.source)],
    [nameOf(before.destination), nameOf(after.destination)],
    [before.from, after.from],
    [before.to, after.to],
    [`ttl ${before.ttl}`, `ttl ${after.ttl}`],
  ] as const;
  return pairs
    .filter(([old, now]) => old !== now)
    .map(([old, now]) => `${old} -> ${now.replace(/^ttl /, '')}`)
    .join(', ');
}
