import { visible } from '../types/visible.js';

/** A column of a listing: its heading, its cell, numbers to the right. */
export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  readonly right?: boolean;
  /** An empty cell stays empty; else it is a dash. */
  readonly blank?: boolean;
  /** Only with `-o wide`. */
  readonly wide?: boolean;
}

/** Rows as text with aligned columns, a heading first; "none" for no rows. Control characters never reach the terminal. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], wide: boolean): string {
  if (rows.length === 0) return 'none\n';
  const shown = columns.filter((column) => wide || column.wide !== true);
  const cells = rows.map((row) => shown.map((column) => printable(column.cell(row), column.blank === true)));
  const lines = [shown.map((column) => column.heading), ...cells];
  const widths = shown.map((_, i) => lines.reduce((most, line) => Math.max(most, line[i]!.length), 0));
  const print = (line: readonly string[]): string =>
    line
      .map((cell, i) => (shown[i]!.right === true ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return `${lines.map(print).join('\n')}\n`;
}

function printable(cell: string, blank: boolean): string {
  const clean = visible(cell);
  return clean === '' && !blank ? '-' : clean;
}
