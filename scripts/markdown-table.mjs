/** A table with aligned columns, as the formatter of this project writes it. */
export function table(headings, rows) {
  const lines = [headings, ...rows].map((line) => line.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const [first, ...others] = lines;
  return [text(first), text(widths.map((width) => '-'.repeat(width))), ...others.map(text)].join('\n');
}
