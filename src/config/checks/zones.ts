import { formatPrefix, hostOrder, type Prefix } from '../../types/ipv4.js';
import type { Draft } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';
import { once } from './ifaces.js';

/** Zones as a list: names, order, an outside to translate to. */
export function checkZones(draft: Draft, report: Report): void {
  const entries = draft.entries.zones ?? [];
  once(
    draft.zones,
    (zone) => zone.name,
    (zone) => (entries.some((entry) => entry?.name === zone.name) ? 'name' : 'match'),
    'zone name',
    'Give each zone its own name.',
    report,
  );
  for (const { value: zone, path } of draft.zones) {
    const written = entries[Number(path[1])]!.match;
    for (const [i, prefix] of written.entries()) {
      if (prefix.address === zone.match[i]!.address) continue;
      const cleared = formatPrefix(zone.match[i]!);
      report(
        'warning',
        [...path, 'match', i],
        `${formatPrefix(prefix)} has host bits set; ${cleared} is used`,
        `Write ${cleared}.`,
      );
    }
  }
  shadowed(draft, report);
  const translates = draft.zones.find((zone) => zone.value.localAddresses.length > 0);
  if (translates !== undefined && draft.ifacesComplete && !draft.rifs.some((rif) => rif.value.role === 'outside')) {
    report(
      'error',
      ['zones'],
      'there are zones to translate but no interface has the role outside',
      'Give the interface towards the outer network "role: outside".',
    );
  }
}

/** A zone whose sources all lie in earlier ones, alone or together, never matches. */
function shadowed(draft: Draft, report: Report): void {
  const earlier: Earlier[] = [];
  for (const { value: zone, path } of draft.zones) {
    const covering = zone.match.map((prefix) => coveredBy(prefix, earlier));
    if (covering.every((found) => found.length > 0)) {
      const by = [...new Set(covering.flat().map((one) => formatPath(one.path)))].join(', ');
      report(
        'warning',
        path,
        `never matches: all its sources are covered by ${by}`,
        'Move it up; the first zone in the list decides.',
      );
    }
    for (const prefix of zone.match) earlier.push({ ...spanOf(prefix), path });
  }
}

/** Sources of an earlier zone, host order, both ends included. */
interface Earlier {
  readonly low: number;
  readonly high: number;
  readonly path: Path;
}

function spanOf(prefix: Prefix): { low: number; high: number } {
  const low = hostOrder(prefix.address);
  return { low, high: low + 2 ** (32 - prefix.length) - 1 };
}

/** The earlier sources that hold every address of the prefix between them; empty when one address is left. */
function coveredBy(prefix: Prefix, earlier: readonly Earlier[]): Earlier[] {
  const used: Earlier[] = [];
  const { low, high } = spanOf(prefix);
  for (let next = low; next <= high; ) {
    let best: Earlier | undefined;
    for (const one of earlier) if (one.low <= next && one.high >= next && one.high > (best?.high ?? -1)) best = one;
    if (best === undefined) return [];
    used.push(best);
    next = best.high + 1;
  }
  return used;
}
