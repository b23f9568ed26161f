import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../support/decode.js';
import { expectFrame } from '../support/expectFrame.js';
import { answerTo, echoOut, inward, outward, udpOut } from '../support/flows.js';
import { icmp, ipv4, packet, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { lan, REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';
import { type World, worldTest } from '../support/world.js';

/** Reverse-path filters (RFC 3704, dvr.md 4.2). */

const HOST = '10.0.0.5';
/** 10.9.0.0/16 is behind a router of the dmz, 172.16.0.0/12 behind one outside, and no default route leads anywhere else. */
const asymmetric = lan.replace('default via 192.0.2.254 dev wan', '198.51.100.0/24 via 192.0.2.254 dev wan');

/** The configuration with the filter on these interfaces. */
function filtered(yaml: string, mode: 'off' | 'loose' | 'strict', ...names: readonly string[]): string {
  return names.reduce((text, name) => text.replace(`{ name: ${name}, `, `{ name: ${name}, reversePath: ${mode}, `), yaml);
}

const from = (src: string, dst: string = REMOTE): Uint8Array => packet(outward(HOST), ipv4({ src, dst }), udp(), 'x');

function counts(w: World): (number | undefined)[] {
  return ['reverse_path', 'martian_source', 'no_zone'].map((reason) => w.count(reason));
}

worldTest('reverse path strict: a source by its own interface only; loose: by any; off: all', { yaml: asymmetric }, (w) => {
  // 10.9.0.5 belongs behind dmz, 10.0.1.7 into it, 172.16.0.9 nowhere.
  const odd = [from('10.9.0.5', '10.0.0.9'), from('10.0.1.7', '10.0.0.9'), from('172.16.0.9', '10.0.0.9')];
  for (const [mode, passes] of [
    ['off', 3],
    ['loose', 2],
    ['strict', 0],
  ] as const) {
    w.reload(filtered(asymmetric, mode, 'lan'), 2);
    const before = w.count('reverse_path');
    w.send('lan', ...odd);
    assert.equal(w.sent('lan').length, passes);
    assert.equal(w.count('reverse_path') - before, odd.length - passes);
    w.send('lan', udpOut(HOST, 1, '10.0.1.7'));
    assert.equal(w.sent('dmz').length, 1, 'who belongs there passes');
  }
  // What is not let in says nothing to its alleged sender.
  assert.deepEqual([w.sent('lan'), w.sent('dmz')], [[], []]);
});

worldTest('reverse path: a default route is a route, loose and, by its own interface, strict', {}, (w) => {
  w.reload(filtered(lan, 'loose', 'lan'), 2);
  w.send('lan', from('8.8.8.8', '10.0.1.7'));
  assert.equal(w.sent('dmz').length, 1);
  w.reload(filtered(lan, 'strict', 'lan', 'wan'), 2);
  w.send('lan', from('8.8.8.8', '10.0.1.7'));
  assert.deepEqual([w.sent('dmz'), w.count('reverse_path')], [[], 1]);
  w.send('wan', packet(inward(), ipv4({ src: '8.8.8.8', dst: '192.0.2.1' }), icmp({ type: 8, id: 1 })));
  expectFrame(w.one('wan'), ipv4({ dst: '8.8.8.8' }), icmp({ type: 0 }));
});

worldTest('reverse path: routes to nowhere are none', {}, (w) => {
  w.reload(filtered(lan, 'loose', 'lan'), 2);
  w.send('lan', ...['203.0.113.1', '203.0.113.129', '203.0.113.193'].map((src) => from(src, '10.0.1.7')));
  assert.deepEqual(counts(w), [3, 0, 0]);
});

worldTest('reverse path: sources that nobody may have count as such', {}, (w) => {
  w.reload(filtered(lan, 'strict', 'lan'), 2);
  w.send('lan', ...['127.0.0.1', '0.0.0.0', '224.0.0.1', '10.0.0.1', '192.0.2.10', '10.0.0.255'].map((src) => from(src)));
  assert.deepEqual(counts(w), [0, 6, 0]);
});

worldTest('reverse path: what is for the router itself is asked for as well', { yaml: asymmetric }, (w) => {
  w.reload(filtered(asymmetric, 'strict', 'lan'), 2);
  w.send('lan', echoOut(HOST, 1, '10.0.0.1', {}, { src: '10.0.1.7' }), udpOut(HOST, 1, '10.0.0.1', {}, { src: '10.0.1.7' }));
  assert.deepEqual([w.sent('dmz'), w.sent('lan'), w.count('reverse_path')], [[], [], 2]);
  w.send('lan', echoOut(HOST, 1, '10.0.0.1'));
  assert.equal(w.sent('lan').length, 1);
});

worldTest('reverse path: frames of known sessions are asked for, both ways, and again when routes change', {}, (w) => {
  w.send('lan', udpOut(HOST, 4000));
  const out = w.one('wan');
  w.send('wan', answerTo(out));
  assert.equal(w.sent('lan').length, 1);
  w.reload(filtered(lan, 'strict', 'lan', 'wan', 'dmz'), 2);
  w.send('lan', udpOut(HOST, 4000));
  w.send('wan', answerTo(out));
  assert.deepEqual([w.sent('wan').length, w.sent('lan').length], [1, 1], 'they pass where they belong');
  // The same tuple by another interface: a neighbour in the dmz that takes the host's address.
  w.send('dmz', packet(outward('10.0.1.9'), ipv4({ src: HOST, dst: REMOTE }), udp({ sport: 4000, dport: 5000 })));
  assert.deepEqual([w.sent('wan'), w.count('reverse_path')], [[], 1]);
  // The route to the remote moves inside: its answers no longer may come from outside.
  const moved = lan.replace('routes:\n', `routes:\n  - ${REMOTE}/32 via 10.0.1.9 dev dmz\n`);
  w.reload(filtered(moved, 'strict', 'wan'), 3);
  w.send('wan', answerTo(out));
  assert.deepEqual([w.sent('lan'), w.count('reverse_path')], [[], 2]);
});

worldTest('reverse path: every fragment is asked for, and those that pass are one datagram', {}, (w) => {
  w.reload(filtered(lan, 'strict', 'lan'), 2);
  const parts = (src: string): Uint8Array[] => {
    const whole = udp({ sport: 9, dport: 10 }).build(new Uint8Array(88), ipv4({ src, dst: REMOTE }), undefined);
    const at = { src, dst: REMOTE, id: 7, protocol: 17 };
    return [
      packet(outward(HOST), ipv4({ ...at, offset: 48 }), whole.slice(48)),
      packet(outward(HOST), ipv4({ ...at, mf: true }), whole.slice(0, 48)),
    ];
  };
  w.send('lan', ...parts('10.0.1.7'));
  assert.deepEqual([w.sent('wan'), w.count('reverse_path'), w.count('fragment_held')], [[], 2, 0]);
  w.send('lan', ...parts(HOST));
  assert.equal(w.sent('wan').length, 2);
});

worldTest('reverse path: hairpins and frames that waited for their neighbour pass', {}, (w) => {
  const web = 'staticMappings: [{ name: web, protocol: udp, external: "192.0.2.61:80", inside: "10.0.0.9:80" }]\n';
  w.reload(filtered(`${lan}${web}`, 'strict', 'lan', 'wan', 'dmz'), 2);
  w.send('lan', udpOut(HOST, 4000, '192.0.2.61', { dport: 80 }));
  const turned = decode(w.one('lan').octets);
  assert.deepEqual([turned.ipv4!.dst, turned.udp!.dport], ['10.0.0.9', 80]);
  w.send('lan', udpOut('10.0.0.9', 80, turned.ipv4!.src, { dport: turned.udp!.sport }));
  expectFrame(w.one('lan'), ipv4({ src: '192.0.2.61', dst: HOST }), udp({ sport: 80, dport: 4000 }));
  assert.deepEqual(counts(w), [0, 0, 0]);
});

for (const workers of [1, 2])
  test(`reverse path: ${workers} workers, plain frames and others, each asked for where it comes in`, () => {
    const team = new Team(workers, new Dice(11), { yaml: filtered(lan, 'strict', 'lan', 'wan', 'dmz') });
    let passed = 0;
    for (let i = 0; i < 40; i++) {
      const src = `10.0.0.${2 + i}`;
      team.push('lan', packet(outward(HOST), ipv4({ src, dst: REMOTE }), tcp({ sport: 1 + i, flags: 'S' })));
      team.push('dmz', packet(outward('10.0.1.9'), ipv4({ src, dst: REMOTE }), tcp({ sport: 1 + i, flags: 'S' })));
      team.push('lan', packet(outward(HOST), ipv4({ src: '10.0.1.7', dst: REMOTE, options: [1] }), udp({ sport: 1 + i })));
      team.settle();
      const out = team.sent('wan');
      passed += out.length;
      for (const frame of out) team.push('wan', answerTo(frame));
      team.settle();
      assert.equal(team.sent('lan').length, out.length, 'its answer comes in');
    }
    assert.equal(passed, 40);
    assert.equal(team.verdicts().reverse_path, 80);
    team.check();
  });
