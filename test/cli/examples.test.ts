import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.js';

const folder = new URL('../../../src/cli/help/', import.meta.url);

/** The command lines among the help pages: without what explains them, without what the shell does with their output. */
function examples(): [page: string, line: string][] {
  return readdirSync(folder).flatMap((page) =>
    readFileSync(new URL(page, folder), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('  windrose '))
      .map((line): [string, string] => [page, line.trim().split(/ {3,}| [|>] /)[0]!]),
  );
}

/** The program with verbs that only say that they were reached. */
function silent(reached: string[]): Command {
  const program = buildProgram(() => {});
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    if (command.commands.length === 0) command.action(() => void reached.push(command.name()));
    for (const below of command.commands) quiet(below);
  };
  quiet(program);
  return program;
}

describe('examples of the help pages', () => {
  for (const [page, line] of examples()) {
    test(`${page}: ${line}`, async () => {
      const reached: string[] = [];
      await silent(reached).parseAsync(line.split(' ').slice(1), { from: 'user' });
      assert.equal(reached.length, 1);
    });
  }
  test('every verb has some, and a page', () => {
    const pages = new Set(examples().map(([page]) => page));
    const verbs = (command: Command, above: string): string[] =>
      command.commands.flatMap((below) => {
        const page = above === '' ? below.name() : `${above}-${below.name()}`;
        return [`${page}.txt`, ...verbs(below, page)];
      });
    assert.deepEqual(
      verbs(
        buildProgram(() => {}),
        '',
      ).filter((page) => !pages.has(page)),
      [],
    );
  });
});
