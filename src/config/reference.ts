import { docOf, type KeyShape } from './keys.js';
import { rootShape } from './schema.js';

/** Prints docs/configuration.md from the schema. */

const OPENING = `# Configuration

One YAML file. \`windrose check FILE\` says what is wrong with it, all at once and with the place; \`windrose check --schema\`
prints its JSON Schema. This page is printed from the schema by \`windrose check --reference\`.

Durations are seconds or text like \`300s\`, \`2h4m\`, \`500ms\`; \`idle.spin\` is far below one and needs its unit. "Reload" says whether a change of the key can be taken over while the gateway runs or
needs a restart.

\`\`\`yaml
name: gw1
ifaces:
  - name: lan
    tap: wr-lan
    role: inside
    addresses: [1.1.100.1/16]
  - name: wan
    packet: eth1
    role: outside
    addresses: [1.2.1.1/16]
routes:
  - default via 1.2.1.254
zones:
  - name: tenants
    match: 1.1.0.0/16
    localAddresses: [1.2.100.1, 1.2.100.2, 1.2.100.8-1.2.100.10]
\`\`\`
`;

/** The whole page. */
export function configurationReference(): string {
  return referencePage(OPENING, rootShape);
}

/** A page of all keys of a file behind the text that opens it. */
export function referencePage(opening: string, root: KeyShape): string {
  const sections = [section('Top level', '', root, '')];
  for (const [key, schema] of Object.entries(root)) {
    const { children, doc, form } = docOf(schema);
    if (children !== undefined) sections.push(section(`\`${key}\``, doc, children, form.startsWith('list') ? `${key}[]` : key));
  }
  return `${opening}\n${sections.join('\n')}`;
}

function section(title: string, doc: string, shape: KeyShape, path: string): string {
  const rows: string[][] = [];
  const below: string[] = [];
  for (const [key, schema] of Object.entries(shape)) {
    const about = docOf(schema);
    const form = about.unit === undefined ? about.form : `${about.form} (${about.unit})`;
    rows.push([`\`${key}\``, cell(form), cell(about.absent), about.reload ? 'yes' : 'restart', cell(about.doc)]);
    if (path !== '' && about.children !== undefined)
      below.push(
        section(`\`${path}.${key}\``, about.doc, about.children, `${path}.${key}${about.form.startsWith('list') ? '[]' : ''}`),
      );
  }
  const lead = doc === '' ? '' : `${doc}\n\n`;
  return [`## ${title}\n\n${lead}${table(['Key', 'Value', 'Default', 'Reload', 'What it does'], rows)}`, ...below].join('\n');
}

/** A Markdown table with aligned columns, as the formatter of the repository wants it. */
function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((_, i) => [heading, ...rows].reduce((most, row) => Math.max(most, row[i]!.length), 3));
  const line = (row: readonly string[]): string => `| ${row.map((text, i) => text.padEnd(widths[i]!)).join(' | ')} |\n`;
  return [heading, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('');
}

function cell(text: string): string {
  return text === '' ? '-' : text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}
