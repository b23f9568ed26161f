import type { DropRow } from '../types/show.js';
import { type Column, renderTable } from './table.js';

/** Reason -> how often, in an earlier picture. */
export type EarlierDrops = ReadonlyMap<string, number>;

export function countsOf(rows: readonly DropRow[]): EarlierDrops {
  return new Map(rows.map(({ reason, count }) => [reason, count]));
}

/** Drops that never happened are left out. `earlier`: the picture before, when they are listed again and again; "none" in the first. */
export function renderDrops(rows: readonly DropRow[], wide: boolean, earlier?: EarlierDrops | 'none'): string {
  const more = ({ reason, count }: DropRow): string =>
    earlier === undefined || earlier === 'none' ? '' : `+${count - (earlier.get(reason) ?? 0)}`;
  const columns: readonly Column<DropRow>[] = [
    { heading: 'REASON', cell: (row) => row.reason },
    { heading: 'COUNT', cell: (row) => String(row.count), right: true },
    ...(earlier === undefined ? [] : [{ heading: 'MORE', cell: more, right: true }]),
    { heading: 'BY', cell: (row) => row.by },
    { heading: 'WHAT', cell: (row) => row.help },
    { heading: 'LOOK', cell: (row) => row.look, wide: true },
  ];
  return renderTable(
    rows.filter((row) => row.count > 0),
    columns,
    wide,
  );
}
