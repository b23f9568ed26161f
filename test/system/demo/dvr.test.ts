import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { blocks, page } from '../../guard/markdown.js';
import { netnsSkipReason } from '../../support/netns.js';
import { drawn } from '../support/draw.js';
import { withoutFigures } from './lines.js';
import { ended, remains, startDemo, until } from './running.js';

// At the same time, for demos share nothing.
describe('demo dvr', { skip: netnsSkipReason(), concurrency: true }, () => {
  it('follows every walk of dvr.md 2.1 to 2.4, every hop right, while others run; says what docs/dvr.md says', async () => {
    const demo = startDemo('dvr');
    assert.equal(await ended(demo), 0, demo.output());
    const said = demo.output();
    for (const walk of ['2.1  a1 > a3', '2.2  a1 > b1', '2.3  a1 > a2', '2.4  a1 > b2']) assert.ok(said.includes(walk), walk);
    assert.equal(said.match(/^(REQUEST|REPLY) /gm)?.length, 8);
    // Both ways: two hops and a silence on one host, four and a silence between two.
    assert.equal(said.match(/ ok$/gm)?.length, 2 * (3 + 3 + 5 + 5));
    assert.match(said, /TCP from host to host, routed, 1 flow \/ 4 flows +\d+\.\d\d Gbit\/s \/ \d+\.\d\d Gbit\/s/);
    assert.match(said, /^h2 +routed +[\d,]+$/m);
    assert.match(said, /^Every hop is as it has to be\.$/m);
    assert.deepEqual(remains(demo.pid), []);
    const [shown] = blocks(page('docs/dvr.md'), '').filter((block) => block.startsWith('windrose demo dvr'));
    assert.ok(shown !== undefined, 'docs/dvr.md shows no such demo any more');
    const lines = new Set(withoutFigures(said));
    for (const line of withoutFigures(shown)) assert.ok(line === '...' || lines.has(line), `the demo does not say: ${line}`);
  });

  describe('ends', { concurrency: true }, () => {
    it('with 1 after a wrong hop, of which it says what was expected and what was seen', async () => {
      const demo = startDemo('dvr');
      await until(demo, 'three gateways, five guests');
      execFileSync('ip', ['-n', `wrd${demo.pid}-fabric`, 'link', 'set', 'dev', 'h2', 'nomaster']);
      assert.equal(await ended(demo), 1, demo.output());
      assert.match(
        demo.output(),
        /^WRONG: fabric to h2\n {2}expected \[a1 fa:16:3e:19:63:25 > a2 \S+; VNI 1001 T1 192\.0\.2\.1 > T2 192\.0\.2\.2 DF; .* request; ttl 64\]\n {2}seen {5}nothing$/m,
      );
      assert.match(demo.output(), /^\d+ hops are WRONG\.$/m);
      assert.deepEqual(remains(demo.pid), []);
    });

    const moments = [
      ['SIGINT', 'three gateways, five guests', 130],
      ['SIGTERM', '2.1  a1 > a3', 143],
      ['SIGHUP', 'iperf3 TCP, 1 flow', 129],
    ] as const;
    for (const [signal, at, code] of drawn('demo dvr ends', moments)) {
      it(`without leaving anything behind after ${signal} during "${at}"`, async () => {
        const demo = startDemo('dvr');
        await until(demo, at);
        demo.child.kill(signal);
        assert.equal(await ended(demo), code, demo.output());
        assert.deepEqual(remains(demo.pid), []);
      });
    }
  });
});
