import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probeFacts } from '../../src/control/probeState.js';
import { ControlWord } from '../../src/shared/control.js';
import { Verdict } from '../../src/shared/verdict.js';
import { type Decoded, decode } from '../support/decode.js';
import { udpOut } from '../support/flows.js';
import { eth, icmp, ipv4, packet } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { Team } from '../support/team.js';
import { answerTo, BOTH, HOST, isProbe, type Main, mainOf, mainOfTeam, ONE, TWO, upstreams } from '../support/upstreams.js';
import { World, type World as WorldOf } from '../support/world.js';
import { macOf } from '../support/worldParts.js';

/** Health probes of next hops: by the data plane, since the kernel has no way to the peers behind our devices. */

/** Packets of 24 flows from inside; how many left by each upstream. */
function flows(main: Main, put: (frame: Uint8Array) => void): [number, number] {
  main.answer();
  main.others.one!.length = main.others.two!.length = 0;
  for (let i = 0; i < 24; i++) put(udpOut(HOST, 4000 + i, `9.9.9.${i}`));
  main.answer();
  return [main.others.one!.length, main.others.two!.length];
}

function worldTest(name: string, yaml: string, body: (w: WorldOf, main: Main) => Promise<void>): void {
  test(name, async () => {
    const w = new World({ yaml });
    await body(w, mainOf(w));
    w.check();
  });
}

const facts = (w: WorldOf, i: number) => probeFacts(w.state.probes, w.built.probes[i]!, w.state.control[ControlWord.ClockTick]!);

worldTest('a probe is an echo request from the address of the interface, drawn anew each time', BOTH, async (w, main) => {
  await main.pass(3000);
  const seen = main.probes.one!;
  assert.equal(seen.length, 10, 'every 300 ms from the first tick on');
  for (const d of seen) {
    assert.deepEqual([d.ipv4!.src, d.ipv4!.dst, d.ipv4!.ttl, d.eth!.dst], [ONE.own, ONE.hop, 64, macOf(ONE.hop)]);
    assert.equal(d.payload.length, 18, 'the shortest frame of Ethernet');
  }
  assert.equal(new Set(seen.map(({ icmp: i }) => `${i!.id}.${i!.seq}`)).size, 10);
  assert.equal(w.count('probe_answered'), 20);
  assert.deepEqual(main.lines, []);
  const { dead, lost, sent, answers, rttMs } = facts(w, 0);
  assert.deepEqual([dead, lost, sent, answers, rttMs], [false, 0, 10, 10, 0]);
});

worldTest('lost answers: dead after fails, flows and sessions move; back after recovers', BOTH, async (w, main) => {
  await main.pass(1000);
  const put = (frame: Uint8Array): void => w.send('lan', frame);
  const [one, two] = flows(main, put);
  assert.ok(one > 3 && two > 3, `${one} and ${two}`);
  const before = w.sessionCount;

  main.alive.delete(ONE);
  const lostBefore = main.probes.one!.length;
  await main.pass(600);
  assert.deepEqual(main.lines, [], 'not yet');
  await main.pass(800);
  assert.deepEqual(main.lines, [`warn ${ONE.hop}`]);
  assert.ok(main.probes.one!.length - lostBefore >= 3 && facts(w, 0).dead);
  assert.deepEqual(flows(main, put), [0, 24], 'by the other upstream');
  assert.equal(w.sessionCount, before, 'the same sessions');

  await main.pass(5000);
  assert.ok(facts(w, 0).lost >= 10, 'it goes on asking');
  main.alive.add(ONE);
  await main.pass(1200);
  assert.deepEqual(main.lines, [`warn ${ONE.hop}`, `info ${ONE.hop}`]);
  assert.deepEqual(flows(main, put), [one, two], 'the ways of before');
});

worldTest('one lost answer in three is not death; answers in a row are counted from the last loss', BOTH, async (w, main) => {
  for (let round = 0; round < 5; round++) {
    main.alive.delete(ONE);
    await main.pass(300);
    main.alive.add(ONE);
    await main.pass(600);
  }
  assert.deepEqual(main.lines, []);
  assert.ok(facts(w, 0).answers < facts(w, 0).sent);
  main.alive.delete(TWO);
  await main.pass(1200);
  assert.deepEqual(main.lines, [`warn ${TWO.hop}`]);
  for (let round = 0; round < 5; round++) {
    main.alive.add(TWO);
    await main.pass(300);
    main.alive.delete(TWO);
    await main.pass(300);
  }
  assert.deepEqual(main.lines, [`warn ${TWO.hop}`], 'never three in a row');
});

worldTest('a next hop that answers neither ARP nor anything else is dead as well, and comes back', BOTH, async (w, main) => {
  w.silent.add(ONE.hop);
  await main.pass(3000);
  assert.deepEqual([main.lines, main.probes.one!.length], [[`warn ${ONE.hop}`], 0]);
  assert.deepEqual(
    flows(main, (frame) => w.send('lan', frame)),
    [0, 24],
  );
  w.silent.delete(ONE.hop);
  await main.pass(12_000);
  assert.deepEqual(main.lines, [`warn ${ONE.hop}`, `info ${ONE.hop}`]);
});

worldTest('what is no answer to the request under way keeps nobody alive', BOTH, async (w, main) => {
  await main.pass(1000);
  main.alive.delete(ONE);
  const ordinary = w.count('local_icmp');
  let forged = 0;
  const forge = (dev: string, ...frames: Uint8Array[]): void => {
    for (const frame of frames) w.send(dev, frame);
    forged += frames.length;
  };
  let last: Decoded | undefined;
  for (let tick = 0; tick < 14; tick++) {
    w.advance(100);
    for (const d of w.sent('one').map(({ octets }) => decode(octets))) {
      if (!isProbe(d)) continue;
      const { id, seq } = d.icmp!;
      forge(
        'one',
        answerTo(d, ONE, { id: (id + 1) & 0xffff }),
        answerTo(d, ONE, { seq: (seq + 1) & 0xffff }),
        answerTo(d, ONE, { id: seq, seq: id }),
        answerTo(d, ONE, {}, { src: '198.51.100.7' }),
        answerTo(d, ONE, {}, { dst: TWO.own }),
        answerTo(d, ONE, { code: 1 }),
        answerTo(d, ONE, { id: 0, seq: 0 }),
        ...(last === undefined ? [] : [answerTo(last, ONE)]),
      );
      // By another interface: from whom the routes have elsewhere, but nobody filters that.
      forge('two', packet(eth({ dst: TWO.mac }), ipv4({ src: ONE.hop, dst: ONE.own }), icmp({ type: 0, id, seq }), d.payload));
      last = d;
    }
    main.answer();
    await main.look();
  }
  assert.deepEqual(main.lines, [`warn ${ONE.hop}`]);
  assert.ok(forged > 30);
  assert.equal(w.count('local_icmp') - ordinary, forged, 'each is what it was without probes');
});

worldTest('a wrong ICMP checksum is no answer', BOTH, async (w, main) => {
  main.alive.delete(ONE);
  for (let tick = 0; tick < 12; tick++) {
    w.advance(100);
    for (const d of w.sent('one').map(({ octets }) => decode(octets)))
      if (isProbe(d)) w.send('one', answerTo(d, ONE, { checksum: 0x1234 }));
    main.answer();
    await main.look();
  }
  assert.deepEqual(main.lines, [`warn ${ONE.hop}`]);
  assert.ok(w.count('local_checksum') > 2);
});

worldTest('an answer that comes twice, and any other echo reply, is what it was', BOTH, async (w) => {
  w.advance(200);
  const [probe] = w
    .sent('one')
    .map(({ octets }) => decode(octets))
    .filter(isProbe);
  w.send('one', answerTo(probe!, ONE));
  w.advance(100);
  w.send('one', answerTo(probe!, ONE));
  w.send('one', answerTo(probe!, ONE, { id: 77, seq: 1 }));
  assert.deepEqual([w.count('probe_answered'), w.count('local_icmp')], [1, 2]);
  w.send('one', packet(eth({ dst: ONE.mac }), ipv4({ src: ONE.hop, dst: ONE.own }), icmp({ type: 8, id: 5, seq: 6 }), 'x'));
  assert.equal(w.count('echo_answered'), 1);
});

worldTest('a reload keeps what is known; a next hop that is probed no more counts as alive', BOTH, async (w, main) => {
  main.alive.delete(ONE);
  await main.pass(2000);
  assert.equal(facts(w, 0).dead, true);
  w.reload(upstreams([`{ address: ${ONE.hop}, interval: 100ms, fails: 9, recovers: 5 }`]), 5);
  await main.pass(200);
  assert.ok(facts(w, 0).dead && facts(w, 0).answers === 0 && facts(w, 0).lost > 3, 'nothing was forgotten');
  const put = (frame: Uint8Array): void => w.send('lan', frame);
  assert.deepEqual(flows(main, put), [0, 24]);
  w.reload(upstreams([]), 9);
  await main.pass(200);
  const [one] = flows(main, put);
  assert.ok(one > 3, 'both ways again');
  const probes = main.probes.one!.length;
  await main.pass(1000);
  assert.equal(main.probes.one!.length, probes, 'nobody asks any more');
  w.reload(BOTH, 13);
  await main.pass(200);
  assert.deepEqual([facts(w, 0).dead, facts(w, 0).lost], [false, 0], 'a probe that is new begins anew');
});

worldTest('a worker that was replaced goes on with what it finds', BOTH, async (w, main) => {
  await main.pass(1000);
  const { sent, answers } = facts(w, 0);
  w.replaceWorker();
  await main.pass(1000);
  assert.ok(facts(w, 0).sent > sent && facts(w, 0).answers > answers);
  assert.deepEqual(main.lines, []);
});

worldTest('a process that stood still for a minute declares nobody dead', BOTH, async (w, main) => {
  await main.pass(1000);
  w.tick(60_000);
  await main.pass(1000);
  assert.deepEqual(main.lines, []);
});

worldTest('without probes nothing is sent', upstreams([]), async (w, main) => {
  await main.pass(5000);
  assert.deepEqual([main.probes.one!.length, main.probes.two!.length, main.others.one!.length], [0, 0, 0]);
  assert.deepEqual(w.arps('one'), []);
});

test('two workers: one of them asks, whichever gets the answer takes note of it', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const team = new Team(2, new Dice(seed), { yaml: BOTH });
    const main = mainOfTeam(team);
    await main.pass(3000);
    assert.equal(main.probes.one!.length, 10);
    assert.equal(team.count(Verdict.ProbeAnswered), 20);
    assert.ok(team.members.every((member) => member.count('probe_answered') > 0));
    assert.deepEqual(main.lines, []);
    main.alive.delete(TWO);
    await main.pass(1400);
    assert.deepEqual(main.lines, [`warn ${TWO.hop}`]);
    const put = (frame: Uint8Array): void => {
      team.push('lan', frame);
      team.settle();
    };
    assert.deepEqual(flows(main, put), [24, 0]);
    main.alive.add(TWO);
    await main.pass(1600);
    assert.deepEqual(main.lines, [`warn ${TWO.hop}`, `info ${TWO.hop}`]);
    const [one, two] = flows(main, put);
    assert.ok(one > 3 && two > 3);
    team.check();
  }
});
