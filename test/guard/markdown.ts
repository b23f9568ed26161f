import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout, from out/test/guard. */
export const checkout = fileURLToPath(new URL('../../../', import.meta.url));

export function page(path: string): string {
  return readFileSync(join(checkout, path), 'utf8');
}

/** Pages whose commands and configurations an operator or developer would copy, relative to the checkout. */
export function pages(): string[] {
  const below = (folder: string): string[] =>
    readdirSync(join(checkout, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name));
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below('docs'), ...below('src')].sort();
}

/** The fenced blocks of a page in this language, without the fences. */
export function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].filter((found) => found[1] === language).map((found) => found[2]!);
}

/** The command lines of a page's shell blocks. */
export function commands(text: string): string[] {
  return blocks(text, 'sh')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line !== '');
}
