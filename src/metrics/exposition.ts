import { Registry } from 'prom-client';
import type { Labels, WritesItself } from './pulled.js';

/**
 * The text format of Prometheus (0.0.4). Metrics of this gateway write their lines themselves: prom-client makes an array of
 * several strings for each sample, which for a thousand zones takes longer than all counting.
 */
export class TextRegistry extends Registry {
  override async metrics(): Promise<string> {
    const parts = await Promise.all(
      this.getMetricsAsArray().map(async (metric) => {
        const one = metric as unknown as Partial<WritesItself> & { readonly name: string };
        // Those of prom-client's own kind write as they always did.
        return one.writeText?.() ?? `${await this.getSingleMetricAsString(one.name)}\n`;
      }),
    );
    return parts.join('\n');
  }
}

/** The two lines above the samples of a metric. */
export function heading(name: string, help: string, type: 'counter' | 'gauge' | 'histogram'): string {
  return `# HELP ${name} ${help.replace(/[\\\n]/g, escaped)}\n# TYPE ${name} ${type}\n`;
}

/** `{zone="a",protocol="tcp"}`; empty without labels. `names` give the order. */
export function labelText(names: readonly string[], labels: Labels): string {
  let text = '';
  for (const name of names) {
    const value = labels[name];
    if (value === undefined) continue;
    text += `${text === '' ? '{' : ','}${name}="${NEEDS_ESCAPE.test(value) ? value.replace(/[\\"\n]/g, escaped) : value}"`;
  }
  return text === '' ? '' : `${text}}`;
}

const NEEDS_ESCAPE = /[\\"\n]/;

function escaped(character: string): string {
  return character === '\n' ? '\\n' : `\\${character}`;
}
