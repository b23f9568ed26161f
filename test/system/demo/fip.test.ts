import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { blocks, page } from '../../guard/markdown.js';
import { netnsSkipReason } from '../../support/netns.js';
import { drawn } from '../support/draw.js';
import { withoutFigures } from './lines.js';
import { ended, remains, startDemo, until } from './running.js';

describe('demo fip', { skip: netnsSkipReason() }, () => {
  it('follows the walks of dvr.md 2.7 to 2.10, every hop right; one answer for each address; what README.md says', async () => {
    const demo = startDemo('fip');
    assert.equal(await ended(demo), 0, demo.output());
    const said = demo.output();
    const walks = [...said.matchAll(/^(2\.\d+) {2}(\w+) > ([\d.]+), /gm)].map(([, id, from, to]) => `${id} ${from} ${to}`);
    assert.deepEqual(walks, [
      ...['2.7 a1 8.8.8.8', '2.7 up 192.168.1.101', '2.8 a1 192.168.1.103', '2.8 a1 192.168.1.102'],
      ...['2.8 a2 192.168.1.101', '2.9 a1 192.168.1.101', '2.10 b1 8.8.8.8', '2.10 up 192.168.1.104'],
    ]);
    // There and back: hops, and a silence each of the fabric and of the external network.
    assert.equal(said.match(/ ok$/gm)?.length, 2 * (3 + 3 + 2 + 4 + 6 + 2 + 5 + 5 + 8 * 2));
    for (const answer of ['101 +h1 +\\S+ F1', '102 +h2 +\\S+ F2', '103 +h1 +\\S+ F1', '104 +n +\\S+ Q', '21 +n +\\S+ Q'])
      assert.match(said, new RegExp(`^192\\.168\\.1\\.${answer}$`, 'm'));
    const rules = ['0', '32766', '32767', '32768', '32769', '167772161', '335544321'];
    assert.deepEqual(
      [...said.matchAll(/^(\d+):\tfrom /gm)].map(([, priority]) => priority),
      rules,
    );
    assert.match(said, /^default via 169\.254\.64\.1 dev rfp-r *$/m);
    assert.match(said, /^192\.168\.1\.104 +ext +r +b1 +20\.0\.0\.21 +centralized /m);
    assert.match(said, /^TCP out by a floating IP, 1 flow \/ 4 flows +\d+\.\d\d Gbit\/s \/ \d+\.\d\d Gbit\/s$/m);
    assert.match(said, /^h1 +floating_out +[\d,]+$/m);
    assert.match(said, /^Every hop is as it has to be\.$/m);
    assert.deepEqual(remains(demo.pid), []);
    const [shown] = blocks(page('README.md'), '').filter((block) => block.startsWith('windrose demo fip'));
    assert.ok(shown !== undefined, 'README.md shows no such demo any more');
    const lines = new Set(withoutFigures(said));
    for (const line of withoutFigures(shown)) assert.ok(line === '...' || lines.has(line), `the demo does not say: ${line}`);
  });

  const ends = new Map<string, () => Promise<void>>([
    ['with 1 when a host is cut off the external network: wrong hops, and an address that nobody answers for', cutOff],
    ['without leaving anything behind after SIGINT on the way', interrupted],
  ]);
  describe('ends', { concurrency: true }, () => {
    for (const [how, body] of drawn('demo fip ends', [...ends])) it(how, body);
  });
});

async function cutOff(): Promise<void> {
  const demo = startDemo('fip');
  await until(demo, 'three gateways, five guests');
  execFileSync('ip', ['-n', `wrd${demo.pid}-fabric`, 'link', 'set', 'dev', 'h1x', 'nomaster']);
  assert.equal(await ended(demo), 1, demo.output());
  assert.match(
    demo.output(),
    /^WRONG: upstream receives\n {2}expected \[F1 fa:16:3e:95:f5:89 > U 02:00:00:00:01:01; 192\.168\.1\.101 > 8\.8\.8\.8 request; ttl 63\]\n {2}seen {5}nothing$/m,
  );
  assert.match(demo.output(), /^windrose: demo: one answer, of the right host: who has 192\.168\.1\.101: .*, seen nobody$/m);
  assert.deepEqual(remains(demo.pid), []);
}

async function interrupted(): Promise<void> {
  const demo = startDemo('fip');
  await until(demo, '2.7  a1 > 8.8.8.8');
  demo.child.kill('SIGINT');
  assert.equal(await ended(demo), 130, demo.output());
  assert.deepEqual(remains(demo.pid), []);
}
