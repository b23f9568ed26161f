import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { blocks, page } from '../../guard/markdown.js';
import { netnsSkipReason } from '../../support/netns.js';
import { withoutFigures } from './lines.js';
import { ended, remains, startDemo, until } from './running.js';

describe('demo snat', { skip: netnsSkipReason(), concurrency: true }, () => {
  it('follows the walks of dvr.md 2.5 and 2.6, every hop right; lists the numbers of the document, and what README.md says', async () => {
    const demo = startDemo('snat');
    assert.equal(await ended(demo), 0, demo.output());
    const said = demo.output();
    for (const walk of ['2.5, 2.6  a2 > 8.8.8.8', '2.5, 2.6  a4 > 8.8.8.8', '2.4  a2 > b1']) assert.ok(said.includes(walk), walk);
    assert.equal(said.match(/^(REQUEST|REPLY) /gm)?.length, 6);
    // There and back: hops, and a silence each of the fabric and of the external network.
    assert.equal(said.match(/ ok$/gm)?.length, 5 + 2 + 5 + 2 + (3 + 2) * 2 + (4 + 2) * 2);
    const rules = ['0', '32766', '32767', '167772161', '335544321'];
    assert.deepEqual(
      [...said.matchAll(/^(\d+):\tfrom /gm)].map(([, priority]) => priority),
      rules,
    );
    assert.match(said, /^default via 10\.0\.0\.3 dev qr-blue *$/m);
    assert.match(said, /^icmp +OPEN +10\.0\.0\.12:\d+ +192\.168\.1\.21:\d+ +8\.8\.8\.8:\d+ /m);
    assert.match(said, /^addresses seen for b1 \(zone orange\) +192\.168\.1\.31 x 3, 192\.168\.1\.32 x 3$/m);
    assert.match(said, /^TCP out by another host, 1 flow \/ 4 flows +\d+\.\d\d Gbit\/s \/ \d+\.\d\d Gbit\/s$/m);
    assert.match(said, /^n +translated +[\d,]+$/m);
    assert.match(said, /^Every hop is as it has to be\.$/m);
    assert.deepEqual(remains(demo.pid), []);
    const [shown] = blocks(page('README.md'), '').filter((block) => block.startsWith('windrose demo snat'));
    assert.ok(shown !== undefined, 'README.md shows no such demo any more');
    const lines = new Set(withoutFigures(said));
    for (const line of withoutFigures(shown)) assert.ok(line === '...' || lines.has(line), `the demo does not say: ${line}`);
  });

  it('ends with 1 after a wrong hop, of which it says what was expected and what was seen, and leaves nothing behind', async () => {
    const demo = startDemo('snat');
    await until(demo, 'three gateways, four guests');
    execFileSync('ip', ['-n', `wrd${demo.pid}-fabric`, 'link', 'set', 'dev', 'nx', 'nomaster']);
    assert.equal(await ended(demo), 1, demo.output());
    assert.match(
      demo.output(),
      /^WRONG: upstream receives\n {2}expected \[Q fa:16:3e:93:cb:37 > U 02:00:00:00:01:01; 192\.168\.1\.21 > 8\.8\.8\.8 request; ttl 62\]\n {2}seen {5}nothing$/m,
    );
    assert.match(demo.output(), /^\d+ hops are WRONG\.$/m);
    assert.deepEqual(remains(demo.pid), []);
  });
});
