/** Draws a report as horizontal bars, one group per case, one bar per subject: medians as length, all rounds as ticks. */
import { median, type Report, type Series } from './harness.js';

const COLOURS = ['#1f6f8b', '#8a8d91', '#c9822b', '#7a9e5a', '#8c5a9e', '#b04a4a'];
const WIDTH = 860;
const LABEL = 150;
const BAR = 16;
const GAP = 14;
const TOP = 54;

/** A standalone SVG document. Bars of one case share a scale; cases have scales of their own because their units differ. */
export function barChart(report: Report): string {
  const subjects = [...new Set(report.series.map((s) => s.subject))];
  const cases = [...new Set(report.series.map((s) => s.case))];
  const parts: string[] = [];
  let y = TOP;
  for (const name of cases) {
    const group = report.series.filter((s) => s.case === name && s.values.length > 0);
    if (group.length === 0) continue;
    const scale = (WIDTH - LABEL - 150) / Math.max(...group.flatMap((s) => s.values));
    parts.push(text(10, y + (group.length * BAR) / 2 + 4, name, 'font-weight="600"'));
    for (const series of group) {
      parts.push(bar(series, y, scale, COLOURS[subjects.indexOf(series.subject) % COLOURS.length]));
      y += BAR;
    }
    y += GAP;
  }
  const { cpu, cores, kernel, node } = report.machine;
  const head = [
    text(10, 20, `${report.bench} bench, medians`, 'font-size="15" font-weight="600"'),
    text(10, 38, `${report.date.slice(0, 10)}, ${cores} x ${cpu}, ${kernel}, Node ${node}`, 'fill="#555"'),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${y}" fill="#fff"/>`,
    ...head,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function bar(series: Series, y: number, scale: number, colour: string): string {
  const middle = median(series.values);
  const end = LABEL + middle * scale;
  const ticks = series.values.map((v) => `M${(LABEL + v * scale).toFixed(1)} ${y + 4}v${BAR - 10}`).join('');
  const label = `${series.subject} ${middle.toFixed(2)} ${series.unit}`;
  const labelAt = LABEL + Math.max(...series.values) * scale + 6;
  return [
    `<rect x="${LABEL}" y="${y}" width="${(end - LABEL).toFixed(1)}" height="${BAR - 2}" fill="${colour}"/>`,
    `<path d="${ticks}" stroke="#000" stroke-opacity="0.5"/>`,
    text(labelAt, y + BAR - 5, label, ''),
  ].join('');
}

function text(x: number, y: number, content: string, attributes: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${safe}</text>`;
}
