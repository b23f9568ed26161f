import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { windrose } from './program.js';

describe('completion', () => {
  /** What bash offers when the last word is being typed. */
  async function offered(...words: string[]): Promise<string> {
    const { stdout: script } = await windrose('completion', 'bash');
    const typed = ['windrose', ...words].map((word) => `'${word}'`).join(' ');
    const run = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _windrose; echo "\${COMPREPLY[*]}"`;
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', `${script}\n${run}`], { encoding: 'utf8' });
    assert.equal(stderr, '');
    return stdout.trim();
  }
  const cases: [typed: string[], offers: string][] = [
    [['rel'], 'reload'],
    [['show', 'po'], 'pools'],
    [['show', 'sessions', 'ex'], 'external'],
    [['show', 'zones', '-o', 'w'], 'wide'],
    [['sessions', ''], 'purge --help'],
    [['sessions', 'purge', '--y'], '--yes'],
    [['demo', ''], 'dsnat dvr snat fip --help'],
    [['reload', '--dr'], '--dry-run'],
  ];
  for (const [typed, offers] of cases) {
    test(`windrose ${typed.join(' ')} -> ${offers}`, async () => assert.equal(await offered(...typed), offers));
  }
  test('for zsh the same by bashcompinit', async () => {
    const { code, stdout } = await windrose('completion', 'zsh');
    assert.equal(code, 0);
    assert.match(stdout, /^#compdef windrose\nautoload -U \+X bashcompinit && bashcompinit\n/);
    assert.ok(stdout.includes((await windrose('completion', 'bash')).stdout));
  });
  test('another shell is a usage error', async () => assert.equal((await windrose('completion', 'fish')).code, 2));
});

test('docs/man/windrose.1 is what "windrose man" prints', async () => {
  const { stdout } = await windrose('man');
  assert.equal(
    readFileSync(new URL('../../../docs/man/windrose.1', import.meta.url), 'utf8'),
    stdout,
    'windrose man > docs/man/windrose.1',
  );
  assert.doesNotMatch(stdout, /^[.'](?!TH|SH|SS|TP|PP|br|nf|fi)/m, 'a line of text that looks like a macro');
});
