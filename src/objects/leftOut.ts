import type { Report } from '../config/issues.js';
import { KIND_KEYS, type KindKey, singular } from './kindNames.js';
import type { Objects } from './model.js';
import { entriesOf, entryName, type ObjectEntry } from './objectEntries.js';

/**
 * Warns of what a file that is merged takes away by not writing it: an object of it takes the place of the one there as a whole, and who
 * writes a few keys of it may mean only those. `tree` is that of the file, which was read without fault.
 */
export function warnOfLeftOut(tree: unknown, before: Objects, after: Objects, report: Report): void {
  const file = (tree ?? {}) as Partial<Record<KindKey, readonly ObjectEntry[]>>;
  const named = new Map(KIND_KEYS.map((kind) => [kind, new Set((file[kind] ?? []).map((entry) => entryName(kind, entry)))]));
  const [was, is] = [entriesOf(onlyThose(before, named)), entriesOf(onlyThose(after, named))];
  for (const kind of KIND_KEYS) {
    const old = byName(kind, was[kind]);
    const now = byName(kind, is[kind]);
    for (const [i, entry] of (file[kind] ?? []).entries()) {
      const name = entryName(kind, entry);
      const known = old.get(name);
      if (known === undefined) continue;
      const lost = (key: string): boolean => !(key in entry) && now.get(name)?.[key] === undefined && !isKept(kind, key);
      const gone = Object.keys(known).filter(lost);
      if (gone.length === 0) continue;
      const what = `${singular(kind)} ${name} loses ${gone.join(', ')}, which the file does not write`;
      report(
        'warning',
        [kind, i],
        what,
        `It takes the place of the one there as a whole; "windrose get ${kind} ${name}" prints that.`,
      );
    }
  }
}

/** Written or drawn, the MAC of a host is in the store apart from it. */
function isKept(kind: KindKey, key: string): boolean {
  return kind === 'hosts' && key === 'mac';
}

function byName(kind: KindKey, entries: readonly ObjectEntry[]): Map<unknown, ObjectEntry> {
  return new Map(entries.map((entry) => [entryName(kind, entry), entry]));
}

function onlyThose(objects: Objects, named: ReadonlyMap<KindKey, ReadonlySet<unknown>>): Objects {
  const of = <T extends { readonly name: string }>(kind: KindKey, all: readonly T[]): T[] =>
    all.filter(({ name }) => named.get(kind)!.has(name));
  const { hosts, networks, subnets, lports, routers, rifs, floatingIps } = objects;
  return {
    ...{ hosts: of('hosts', hosts), networks: of('networks', networks), subnets: of('subnets', subnets) },
    ...{ lports: of('lports', lports), routers: of('routers', routers), floatingIps: of('floatingIps', floatingIps) },
    rifs: rifs.filter(({ router }) => named.get('routers')!.has(router)),
  };
}
