import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { scenarios } from '../../src/cli/demo.js';
import { nounOf } from '../../src/cli/nouns.js';
import { loadConfig, loadConfigFile } from '../../src/config/load.js';
import { kindOf } from '../../src/objects/kindNames.js';
import { loadObjects, readObjects } from '../../src/objects/load.js';
import { blocks, checkout, commands, page, pages } from './markdown.js';

const scripts = (JSON.parse(page('package.json')) as { scripts: Record<string, string> }).scripts;

const EXAMPLE_PORTS = loadObjects(join(checkout, 'docs/examples/dvr-objects.yaml')).objects!.lports.map(({ name }) => name);

const OF_THE_SYSTEM = new Set(['curl', 'etcd', 'for', 'ip', 'kill', 'rm', 'sed', 'until']);

/** A file of objects has no interfaces of its own. */
function isConfig(text: string): boolean {
  return /^ifaces:/m.test(text);
}

/** Throws when a command of a page would not do what the page says. */
function checkCommand(line: string): void {
  for (const part of line.split(' && ')) {
    const words = part.replace(/ > ?\S+$/, '').split(' ');
    if (words[0] === 'npm') checkNpm(words.slice(1));
    else if (words[0] === 'node') assert.ok(existsSync(join(checkout, words[1]!)), `${words[1]} does not exist`);
    // Of the system: a test of the page types them in (test/system/demo/dvrPage, guidePage).
    else assert.ok(OF_THE_SYSTEM.has(words[0]!), `nothing checks the command: ${line}`);
  }
}

function checkNpm([verb, ...rest]: string[]): void {
  const name = verb === 'run' ? rest.shift()! : verb!;
  assert.ok(name in scripts, `package.json has no script ${name}`);
  const file = /\b(?:sh|node) (scripts\/\S+)/.exec(scripts[name]!)?.[1];
  if (file !== undefined) assert.ok(existsSync(join(checkout, file)), `${file} does not exist`);
  const words = rest[0] === '--silent' ? rest.slice(1) : rest;
  if (name === 'start' && words[0] === '--') checkProgram(words.slice(1));
}

function checkProgram([verb, ...rest]: string[]): void {
  if (verb === 'show') assert.equal(nounOf(rest[0]!), rest[0]);
  else if (verb === 'run') assert.deepEqual(loadConfigFile(join(checkout, rest[rest.indexOf('--config') + 1]!)).issues, []);
  else if (verb === 'check')
    execFileSync(process.execPath, [join(checkout, 'out/src/main.js'), 'check', rest[0]!], { cwd: checkout });
  // What an earlier line of the page has made is there only when a test types them in.
  else if ((verb === 'apply' || verb === 'diff') && !rest[0]!.startsWith('/'))
    assert.deepEqual(loadObjects(join(checkout, rest[0]!)).issues, []);
  else if (verb === 'apply' || verb === 'diff') assert.match(rest[0]!, /^\/run\/[\w.-]+$/);
  else if (verb === 'get' || verb === 'delete') assert.ok(rest[0]!.startsWith('-') || kindOf(rest[0]!) !== undefined, rest[0]);
  else if (verb === 'activate') assert.ok(EXAMPLE_PORTS.includes(rest[0]!), rest[0]);
  else if (verb === 'trace') assert.match(rest.join(' '), /^--packet in=\w+,(src|dst)=\S+ --name \w+$/);
  else if (verb === 'drain' || verb === 'undrain') assert.match(rest.join(' '), /^h\d --name h\d$/);
  else if (verb === 'demo') assert.ok(rest[0]! in scenarios);
  else assert.fail(`nothing checks the verb ${verb}`);
}

describe('documents', () => {
  it('have only commands that work', () => {
    for (const path of pages()) for (const line of commands(page(path))) checkCommand(line);
  });

  it('have only configurations without fault or warning', () => {
    for (const path of pages()) {
      for (const text of blocks(page(path), 'yaml')) {
        assert.deepEqual(isConfig(text) ? loadConfig(text, path).issues : readObjects(text, path).issues, [], path);
      }
    }
  });

  it('give examples that pass the check', () => {
    const folder = join(checkout, 'docs/examples');
    const examples = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    assert.ok(examples.length >= 3);
    for (const name of examples) {
      assert.ok(
        pages().some((path) => page(path).includes(name)),
        `no page mentions ${name}`,
      );
      if (!isConfig(page(`docs/examples/${name}`))) {
        assert.deepEqual(loadObjects(join(folder, name)).issues, [], name);
        continue;
      }
      const said = execFileSync(process.execPath, [join(checkout, 'out/src/main.js'), 'check', join(folder, name)], {
        encoding: 'utf8',
      });
      assert.match(said, /: ok$/m, name);
    }
  });

  it('link only to what exists', () => {
    for (const path of pages()) {
      for (const [, target] of page(path).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g))
        assert.ok(existsSync(join(checkout, dirname(path), target!)), `${path} links to ${target}`);
    }
  });

  it('name only files and folders that exist', () => {
    for (const path of ['README.md', 'CONTRIBUTING.md', 'docs/README.md', 'docs/architecture.md']) {
      for (const [, name] of page(path).matchAll(/`((?:src|test|scripts|docs|native|bench)\/[\w./-]+)`/g))
        assert.ok(existsSync(join(checkout, name!)), `${path} names ${name}`);
    }
    for (const [, name] of page('docs/architecture.md').matchAll(/`((?:[a-z]+)\/[\w]+\.(?:ts|cc))`/g))
      assert.ok(
        existsSync(join(checkout, 'src', name!)) || existsSync(join(checkout, name!)),
        `docs/architecture.md names ${name}`,
      );
  });

  it('describe each folder of src, naming only files it has', () => {
    for (const folder of readdirSync(join(checkout, 'src')).filter((name) =>
      statSync(join(checkout, 'src', name)).isDirectory(),
    )) {
      const text = page(join('src', folder, 'README.md'));
      assert.ok(text.split('\n').length <= 75, `${folder}: more than 75 lines`);
      for (const [, name] of text.matchAll(/`([\w/]+\.ts)`/g)) {
        const found = [join('src', folder, name!), join('src', name!)].some((file) => existsSync(join(checkout, file)));
        assert.ok(found, `src/${folder}/README.md names ${name}`);
      }
    }
  });

  it('describe every file of their folder, by its name or with others as `capture*.ts`', () => {
    for (const path of pages().filter((name) => /^src\/.+\/README\.md$/.test(name))) {
      const folder = dirname(path);
      const named = [...page(path).matchAll(/`([\w/*]+\.ts)`/g)].map(([, name]) => name!);
      const forms = named.map((name) => new RegExp(`^${name.replaceAll('*', '\\w*').replaceAll('.', '\\.')}$`));
      for (const name of readdirSync(join(checkout, folder)).filter((one) => one.endsWith('.ts')))
        assert.ok(
          forms.some((form) => form.test(name)),
          `${path} does not name ${name}`,
        );
      for (const name of named.filter((one) => !one.includes('*'))) {
        const above = [name, ...folder.split('/').map((_, depth, all) => join(...all.slice(0, depth + 1), name))];
        assert.ok(
          above.some((file) => existsSync(join(checkout, file))),
          `${path} names ${name}`,
        );
      }
    }
  });

  it('list in docs/counters.md exactly the verdicts of the code', () => {
    const printed = execFileSync(process.execPath, [join(checkout, 'scripts/counters-page.mjs')], { encoding: 'utf8' });
    assert.equal(page('docs/counters.md'), printed, 'run: node scripts/counters-page.mjs >docs/counters.md');
  });

  it('show the drawing, the help texts and the two commands where a stranger looks first', () => {
    const readme = page('README.md');
    assert.deepEqual(commands(readme).slice(0, 2), ['npm start', 'npm test']);
    assert.match(readme, /client 1\.1\.1\.1/);
  });
});
