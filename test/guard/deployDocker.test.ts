import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT, textOf } from './sources.js';

interface Step {
  readonly word: string;
  readonly rest: string;
}

/** Instructions with their continued lines joined, without comments. */
const steps: Step[] = textOf('deploy/docker/Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\s*\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => ({ word: line.split(' ')[0]!, rest: line.slice(line.indexOf(' ') + 1) }));
const last = steps.findLastIndex(({ word }) => word === 'FROM');
const final = steps.slice(last);
const BUILT = '--from=build /opt/windrose/';

const engine =
  spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 }).status === 0 ? false : 'needs a running docker';

describe('the Dockerfile', () => {
  test('has two stages on images of a stated version', () => {
    const from = steps.filter(({ word }) => word === 'FROM');
    assert.deepEqual(
      from.map(({ rest }) => rest.replace(/ AS .*/, '')),
      Array(2).fill('node:$' + '{NODE}-$' + '{DEBIAN}-slim'),
    );
    for (const { rest } of steps.filter(({ word }) => word === 'ARG')) assert.match(rest, /^[A-Z]+=\w+$/);
  });

  test('installs without recommendations, leaves no package lists, adds nothing from elsewhere', () => {
    for (const { word, rest } of steps) {
      assert.notEqual(word, 'ADD');
      if (!rest.includes('apt-get install')) continue;
      assert.match(rest, /^apt-get update && apt-get install -y --no-install-recommends .*&& rm -rf \/var\/lib\/apt\/lists\/\*/);
      assert.doesNotMatch(rest, /curl|wget/);
    }
  });

  test('ends as an ordinary user, with commands that hear signals', () => {
    assert.equal(final.findLast(({ word }) => word === 'USER')?.rest, 'windrose');
    for (const word of ['ENTRYPOINT', 'CMD']) {
      const form = final.filter((step) => step.word === word);
      assert.equal(form.length, 1);
      JSON.parse(form[0]!.rest);
    }
    assert.match(final.map(({ rest }) => rest).join('\n'), /exec node \/opt\/windrose\/out\/src\/main\.js "\$@"/);
    assert.match(final.find(({ rest }) => rest.includes('setcap'))!.rest, /setcap cap_net_admin,cap_net_raw\+ep /);
  });

  test('copies what the program needs to run, and no more of the checkout', () => {
    const folder = mkdtempSync(join(tmpdir(), 'windrose-image-'));
    try {
      const copies = final.filter(({ word, rest }) => word === 'COPY' && rest.startsWith(BUILT));
      assert.equal(copies.length, 5);
      for (const { rest } of copies) {
        const path = rest.slice(BUILT.length).split(' ')[0]!;
        assert.ok(existsSync(join(ROOT, path)), `${path} does not exist`);
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        if (path === 'node_modules') symlinkSync(join(ROOT, path), join(folder, path));
        else cpSync(join(ROOT, path), join(folder, path), { recursive: true });
      }
      const windrose = (...args: string[]) =>
        execFileSync(process.execPath, [join(folder, 'out/src/main.js'), ...args], { encoding: 'utf8' });
      assert.equal(windrose('--version').trim(), (JSON.parse(textOf('package.json')) as { version: string }).version);
      assert.match(windrose('run', '--help'), /Examples:/);
      assert.match(windrose('check', join(ROOT, 'docs/examples/packet.yaml')), /: ok/);
      const io = join(folder, 'out/src/io/addon.js');
      execFileSync(process.execPath, ['--input-type=module', '-e', `(await import(${JSON.stringify(io)})).loadAddon();`]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('builds, and the image answers', { skip: engine, timeout: 900_000 }, () => {
    const tag = `windrose-test:${process.pid}`;
    execFileSync('docker', ['build', '-q', '-f', 'deploy/docker/Dockerfile', '-t', tag, '.'], { cwd: ROOT });
    try {
      const grants = ['--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN', '--cap-add', 'NET_RAW'];
      assert.match(execFileSync('docker', ['run', '--rm', ...grants, tag, '--version'], { encoding: 'utf8' }), /^\d+\./);
    } finally {
      execFileSync('docker', ['image', 'rm', '-f', tag], { stdio: 'ignore' });
    }
  });
});
