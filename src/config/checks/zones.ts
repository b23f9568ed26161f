import { covers, formatPrefix, type Prefix } from '../../types/ipv4.js';
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

/** A zone whose prefixes all lie in earlier ones never matches. */
function shadowed(draft: Draft, report: Report): void {
  const earlier: { prefix: Prefix; path: Path }[] = [];
  for (const { value: zone, path } of draft.zones) {
    const covering = zone.match.map((prefix) =>
      earlier.find((one) => one.prefix.length <= prefix.length && covers(one.prefix, prefix.address)),
    );
    if (covering.every((one) => one !== undefined)) {
      const by = [...new Set(covering.map((one) => formatPath(one!.path)))].join(', ');
      report(
        'warning',
        path,
        `never matches: all its sources are covered by ${by}`,
        'Move it up; the first zone in the list decides.',
      );
    }
    for (const prefix of zone.match) earlier.push({ prefix, path });
  }
}
