import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { windrose } from './program.js';

/** A control socket whose routers are elsewhere after each look; looks beyond the last one see that again. */
const directory = mkdtempSync(join(tmpdir(), 'windrose-drain-'));
const path = join(directory, 'gw.sock');
/** Of the last request to drain. */
let asked = '';
let stops: readonly string[] = [];
let others: readonly object[] = [];
let looks: Readonly<Record<string, string>>[] = [];
const report = {
  ok: true,
  dryRun: false,
  file: 'hosts',
  issues: [],
  changes: ['~ host h3 draining: false -> true'],
  refused: [],
};
const server = createServer(({ url = '' }, response) => {
  response.setHeader('content-type', 'application/json');
  if (url.startsWith('/v1/drain')) {
    asked = url;
    response.end(JSON.stringify({ ...report, warnings: [], stops, revision: 7 }));
  } else if (url.startsWith('/v1/show/hosts')) response.end(JSON.stringify([{ name: 'h3', ports: 2 }, ...others]));
  else {
    const rows = Object.entries(looks[0] ?? {}).map(([name, snatHost]) => ({ name, snatHost }));
    if (looks.length > 1) looks.shift();
    response.end(JSON.stringify(rows));
  }
});

describe('windrose drain waits, and says what went where', () => {
  const drain = async (seen: Readonly<Record<string, string>>[], ...words: string[]) => {
    if (!server.listening) await new Promise<void>((listening) => server.listen(path, listening));
    looks = seen;
    return windrose('drain', 'h3', '--socket', path, ...words);
  };
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });

  test('until others have all of it', async () => {
    const before = { a: 'h3', b: 'h3', c: 'h1' };
    const { stdout, code } = await drain([
      before,
      before,
      { ...before, a: '' },
      { a: 'h1', b: '', c: 'h1' },
      { a: 'h1', b: 'h2', c: 'h1' },
    ]);
    assert.equal(code, 0);
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      '~ host h3 draining: false -> true',
      'revision 7',
      'router a: h3 -> h1',
      'router b: h3 -> h2',
      'h3 is drained: 2 SNAT services moved; 2 ports stay there with their floating IPs',
    ]);
  });

  test('a router that is deleted meanwhile is waited for no more', async () => {
    const { stdout, code } = await drain([{ a: 'h3', b: 'h3' }, { b: 'h1' }], '-o', 'json');
    const { moves, left } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([moves, left, code], [[{ router: 'b', from: 'h3', to: 'h1' }], [], 0]);
  });

  test('what is waited for is said once: hosts that may take it and do not forward yet', async () => {
    others = [
      { name: 'h1', mode: 'dvr_snat', draining: false, state: 'starting' },
      { name: 'h2', mode: 'legacy', draining: false, state: 'silent' },
      { name: 'h4', mode: 'dvr', draining: false, state: 'alive' },
      { name: 'h5', mode: 'dvr_snat', draining: true, state: 'alive' },
    ];
    const { stdout, code } = await drain([{ a: 'h3' }, { a: 'h3' }, { a: 'h3' }, { a: 'h1' }]);
    others = [];
    assert.equal(code, 0);
    assert.deepEqual(stdout.trimEnd().split('\n').slice(2, -1), [
      'h3 keeps what it has until another host forwards: h1 is starting, h2 is silent',
      'router a: h3 -> h1',
    ]);
  });

  test('what no other host may have is not waited for', async () => {
    stops = ['a'];
    const { stdout, code } = await drain(
      [
        { a: 'h3', b: 'h3' },
        { a: 'h3', b: 'h3' },
        { a: '', b: 'h1' },
      ],
      '--force',
    );
    stops = [];
    assert.equal(code, 0);
    assert.match(asked, /&force=1$/);
    assert.deepEqual(stdout.trimEnd().split('\n').slice(2), [
      'router b: h3 -> h1',
      'h3 is drained: 1 SNAT service moved; 2 ports stay there with their floating IPs',
    ]);
  });

  test('what nobody takes is told, and is a failure', async () => {
    const { stdout, stderr, code } = await drain(
      [
        { a: 'h3', b: 'h3' },
        { a: '', b: 'h1' },
      ],
      '--timeout',
      '1',
    );
    assert.equal(code, 1);
    assert.match(stdout, /router b: h3 -> h1\n$/);
    assert.match(stderr, /^windrose: host h3 is draining, and no other host has taken what it had \(router a\)\. /);
  });
});
