import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { windrose } from './program.js';

/** A control socket whose hosts are behind by another number at each look; looks beyond the last one see that again. */
const directory = mkdtempSync(join(tmpdir(), 'windrose-wait-'));
const path = join(directory, 'gw.sock');
const file = join(directory, 'o.yaml');
type Look = Readonly<Record<string, number | null>>;
let looks: Look[] = [];
let report: object = {};
let asked = 0;
const server = createServer(({ url = '' }, response) => {
  response.setHeader('content-type', 'application/json');
  if (url.startsWith('/v1/apply')) response.end(JSON.stringify(report));
  else {
    asked++;
    const rows = Object.entries(looks[0] ?? {}).map(([name, behind]) => ({ name, named: true, state: 'alive', behind }));
    const others = [
      { name: 'h8', named: true, state: 'silent', behind: 9 },
      { name: 'h9', named: false, state: 'alive', behind: 9 },
    ];
    if (looks.length > 1) looks.shift();
    response.end(JSON.stringify([...rows, ...others]));
  }
});

describe('windrose apply --wait', () => {
  before(async () => {
    writeFileSync(file, 'hosts: []\n');
    await new Promise<void>((listening) => server.listen(path, listening));
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  const apply = (seen: Look[], ...words: string[]) => {
    looks = seen;
    asked = 0;
    report = { ok: true, dryRun: false, file: 'o.yaml', issues: [], changes: ['+ host h1'], refused: [], revision: 7 };
    return windrose('apply', file, '--socket', path, ...words);
  };

  test('ends when all that live follow, and says of each when it does', async () => {
    const { stdout, code } = await apply(
      [
        { h1: 0, h2: 1, h3: null },
        { h1: 0, h2: 0, h3: 1 },
        { h1: 0, h2: 0, h3: 0 },
      ],
      '--wait',
    );
    assert.deepEqual(stdout.trimEnd().split('\n'), [
      '+ host h1',
      'revision 7',
      'h1 follows (1 of 3)',
      'h2 follows (2 of 3)',
      'h3 follows (3 of 3)',
    ]);
    assert.deepEqual([code, asked], [0, 3]);
    const together = await apply(
      [
        { h1: 0, h2: 0, h3: 1 },
        { h1: 0, h2: 0, h3: 0 },
      ],
      '--wait',
    );
    assert.deepEqual(together.stdout.trimEnd().split('\n').slice(2), [
      'h1 follows (1 of 3)',
      'h2 follows (2 of 3)',
      'h3 follows (3 of 3)',
    ]);
  });

  test('names those that do not follow in time, with an exit code of its own', async () => {
    const { stdout, stderr, code } = await apply([{ h1: 0, h2: 2, h3: null }], '--wait', '0.4');
    assert.equal(code, 3);
    assert.match(stdout, /revision 7\nh1 follows \(1 of 3\)\n$/);
    assert.match(
      stderr,
      /o\.yaml are taken over, and not every host that lives follows yet: h2 \(2 revisions behind\), h3 \(has not said\)\. /,
    );
    const json = await apply([{ h1: 0, h2: 2 }], '--wait=0.4', '-o', 'json');
    assert.deepEqual([JSON.parse(json.stdout).lagging, json.code], [[{ host: 'h2', behind: 2 }], 3]);
  });

  test('is not asked for by itself, waits for nobody after a refusal, and goes with no dry run', async () => {
    assert.deepEqual([(await apply([{ h1: 1 }])).code, asked], [0, 0]);
    const dry = await apply([{ h1: 1 }], '--wait', '--dry-run');
    assert.deepEqual([dry.code, dry.stderr.includes("'--wait [seconds]' cannot be used with option '--dry-run'")], [2, true]);
    const refused = apply([{ h1: 1 }], '--wait');
    report = { ...report, ok: false, changes: [], refused: ['no'] };
    assert.deepEqual([(await refused).code, asked], [1, 0]);
    const swapped = await windrose('apply', '--wait', file, '--socket', path);
    assert.deepEqual([swapped.code, /Write the file before --wait\./.test(swapped.stderr)], [2, true]);
  });
});
