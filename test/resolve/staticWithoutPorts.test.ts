import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { inward, outward } from '../support/flows.js';
import { cutAt } from '../support/fragments.js';
import { ipv4, packet, raw } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { lan, REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';
import { worldTest } from '../support/world.js';

const yaml = `${lan}staticMappings:\n  - { name: mail, external: 192.0.2.50, inside: 10.0.0.50 }\n`;
const body = raw(new Uint8Array(40));

worldTest('STA-1 a 1:1 mapping takes every protocol but 0, which none is and which marks a free row', { yaml }, (w) => {
  w.send('lan', packet(outward('10.0.0.50'), ipv4({ src: '10.0.0.50', dst: REMOTE, protocol: 0 }), body));
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.50', protocol: 0 }), body));
  assert.deepEqual([w.count('bad_protocol'), w.count('no_session'), w.sessionCount], [1, 1, 0]);
  assert.equal(w.sent('wan').length + w.sent('lan').length, 0);
  w.send('lan', packet(outward('10.0.0.50'), ipv4({ src: '10.0.0.50', dst: REMOTE, protocol: 47 }), body));
  assert.equal(w.sent('wan').length, 1);
  assert.equal(w.sessionCount, 1);
});

for (const workers of [1, 2]) {
  test(`STA-1 FRG-1 fragments of protocol 0 open nothing either, ${workers} workers`, () => {
    const team = new Team(workers, new Dice(7), { yaml });
    const segment = new Uint8Array(80);
    const own = { link: outward('10.0.0.50'), ip: { src: '10.0.0.50', dst: REMOTE }, segment };
    const theirs = { link: inward(), ip: { src: REMOTE, dst: '192.0.2.50' }, segment };
    const pass = (protocol: number): number => {
      for (const part of cutAt({ ...own, protocol }, [40])) team.push('lan', part);
      for (const part of cutAt({ ...theirs, protocol }, [40])) team.push('wan', part);
      team.settle();
      team.check();
      return team.sent('wan').length + team.sent('lan').length;
    };
    assert.equal(pass(0), 0);
    assert.equal(team.sessionCount, 0);
    assert.deepEqual(
      [Verdict.DropBadProtocol, Verdict.DropNoSession, Verdict.DropFragment].map((verdict) => team.count(verdict)),
      [1, 1, 2],
    );
    assert.equal(pass(47), 4);
    assert.equal(team.sessionCount, 1);
  });
}

worldTest('STA-1 a session without ports that began from outside, or before a reload, finds its way', { yaml }, (w) => {
  const out = packet(outward('10.0.0.50'), ipv4({ src: '10.0.0.50', dst: REMOTE, protocol: 47 }), body);
  w.send('wan', packet(inward(), ipv4({ src: REMOTE, dst: '192.0.2.50', protocol: 47 }), body));
  w.send('lan', out);
  w.reload(yaml, 2);
  w.send('lan', out);
  assert.equal(w.sent('wan').length, 2);
  assert.equal(w.sessionCount, 1);
});
