import { formatPrefix } from '../../types/ipv4.js';
import type { ZonesDraft } from '../draft.js';
import { formatPath, type Path, type Report } from '../issues.js';
import { once } from './ifaces.js';
import { Spans, spanOf } from './spans.js';

/** Zones as a list: names, order, an outside to translate to. */
export function checkZones(draft: ZonesDraft, report: Report): void {
  const entries = draft.entries.zones ?? [];
  const named = new Set(entries.map((entry) => entry?.name));
  once(
    draft.zones,
    (zone) => zone.name,
    (zone) => (named.has(zone.name) ? 'name' : 'match'),
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

/** Zones named as the reason why another one never matches. */
const MOST_NAMED = 8;

/** A zone whose sources all lie in earlier ones, alone or together, never matches. */
function shadowed(draft: ZonesDraft, report: Report): void {
  const earlier = new Spans<Path>();
  for (const { value: zone, path } of draft.zones) {
    const covering = zone.match.map((prefix) => earlier.covering(spanOf(prefix)));
    if (covering.every((found) => found.length > 0)) {
      const by = [...new Set(covering.flat())];
      const named = by.slice(0, MOST_NAMED).map(formatPath).join(', ');
      const more = by.length > MOST_NAMED ? ` and ${by.length - MOST_NAMED} more` : '';
      report(
        'warning',
        path,
        `never matches: all its sources are covered by ${named}${more}`,
        'Move it up; the first zone in the list decides.',
      );
    }
    for (const prefix of zone.match) earlier.add(spanOf(prefix), path);
  }
}
