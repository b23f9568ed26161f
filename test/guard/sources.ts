import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout, seen from out/test/guard. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

/** TypeScript files below a folder of the checkout, as paths from its root. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .sort();
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The text with comments and the content of strings blanked, so that a word found is code. Line breaks stay. */
export function codeOf(path: string): string {
  return textOf(path).replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, (found) =>
    found.startsWith("'") || found.startsWith('"') ? "''" : found.replace(/[^\n]/g, ' '),
  );
}

export interface Import {
  readonly from: string;
  /** As written. */
  readonly specifier: string;
  readonly line: number;
  /** True when the whole statement is `import type` or `export type`: gone at run time. */
  readonly typeOnly: boolean;
}

export function importsOf(path: string): Import[] {
  const text = textOf(path);
  const found: Import[] = [];
  const lineAt = (index: number): number => text.slice(0, index).split('\n').length;
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)'([^']+)';|^import\s+()'([^']+)';/gm)) {
    const named = /\{([^}]*)\}/.exec(match[0]);
    const onlyTypes = named?.[1]?.split(',').every((name) => /^\s*(type\s.*)?$/.test(name));
    found.push({
      from: path,
      specifier: (match[2] ?? match[4])!,
      line: lineAt(match.index),
      typeOnly: match[1] !== undefined || onlyTypes === true,
    });
  }
  for (const match of text.matchAll(/\bimport\('([^']+)'\)/g)) {
    found.push({ from: path, specifier: match[1]!, line: lineAt(match.index), typeOnly: false });
  }
  return found;
}
