import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { checksumFault, decode } from '../support/decode.js';
import { errorFrame, errorIn, packetAt } from '../support/icmpErrors.js';
import { call, errorBy, fromRemote, INSIDE_HOSTS, type Protocol, passes, reaches, reply } from '../support/insideHosts.js';
import { eth, ipv4, packet, raw } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { be16, naiveSum } from '../support/octets.js';
import { REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';

const ROUTER = '198.18.5.5';
const SEED = Number(process.env.WINDROSE_SEED ?? Date.now() % 0x7fff_ffff);
const UDP_LITE = 136;

function quoteIn(octets: Uint8Array): Uint8Array {
  return packetAt(packet(eth(), errorIn({ octets }).quote), 0);
}

/** The only frame that left, by wan. */
function leaves(team: Team, from: string, frame: Uint8Array): Uint8Array {
  const out = passes(team, from, frame);
  assert.deepEqual(
    out.map(({ iface }) => iface),
    ['wan'],
  );
  assert.equal(checksumFault(out[0]!.octets), undefined);
  return out[0]!.octets;
}

for (const workers of [1, 2, 3, 8]) {
  test(`STA-1 STA-2 ERR-3 ERR-4 GEN-8 errors about packets of static mappings, both ways, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, { yaml: INSIDE_HOSTS });
    for (let i = 0; i < 60; i++) {
      const protocol: Protocol = dice.pick(['udp', 'tcp', 'icmp']);
      const host = { host: '10.0.1.30', address: '192.0.2.30', port: 1024 + i };
      const one =
        protocol === 'icmp'
          ? host
          : dice.pick([host, { host: '10.0.1.32', address: '192.0.2.32', port: protocol === 'tcp' ? 80 : 5353 }]);
      const came = fromRemote(protocol, one, 4000 + i, dice.octets(dice.below(60)));
      const reached = reaches(team, one.host, 'wan', came);
      const byHost = leaves(team, 'dmz', errorBy(one.host, packetAt(reached, 9), REMOTE));
      assert.deepEqual([decode(byHost).ipv4!.src, decode(byHost).ipv4!.dst], [one.address, REMOTE]);
      assert.deepEqual(quoteIn(byHost), packetAt(came, 0), 'what the remote host sent, octet by octet');
      // Routers inside: one without an external address, one with.
      const byRouter = leaves(team, 'dmz', errorBy('10.0.1.200', packetAt(reached, 9), REMOTE, 11, 0));
      assert.equal(decode(byRouter).ipv4!.src, one.address);
      const byOwner = leaves(team, 'lan', errorBy('10.0.0.31', packetAt(reached, 9), REMOTE, 11, 0));
      assert.equal(decode(byOwner).ipv4!.src, '192.0.2.31');
      assert.deepEqual(quoteIn(byOwner), packetAt(came, 0));

      const answer = reply(reached, dice.octets(dice.below(60)));
      const left = leaves(team, 'dmz', answer);
      assert.equal(decode(left).ipv4!.src, one.address);
      const told = reaches(team, one.host, 'wan', errorFrame(packetAt(left, 9), { src: ROUTER, dst: one.address, code: 1 }));
      assert.deepEqual(quoteIn(told), packetAt(answer, 0), 'what the host sent, octet by octet');
      assert.equal(decode(told).ipv4!.src, ROUTER);

      const stray = packetAt(left, 9);
      stray[20 + (protocol === 'icmp' ? 4 : 2)]! ^= 0x55;
      const before = team.count(Verdict.DropIcmpError);
      assert.deepEqual(passes(team, 'wan', errorFrame(stray, { src: ROUTER, dst: one.address })), []);
      assert.equal(team.count(Verdict.DropIcmpError), before + 1, 'no session: it is dropped');
    }
    // A flow the host begins.
    const sent = call('udp', '10.0.1.30', 777, { address: REMOTE, port: 5000 }, dice.octets(30));
    const out = leaves(team, 'dmz', sent);
    assert.deepEqual(decode(out).udp!.sport, 777);
    const told = reaches(team, '10.0.1.30', 'wan', errorFrame(packetAt(out, 9), { src: ROUTER, dst: '192.0.2.30' }));
    assert.deepEqual(quoteIn(told), packetAt(sent, 0));
    team.check();
    team.advance(750_000);
    team.check();
  });

  test(`STA-1 CKS-6 ERR-5 errors about protocols without ports of ours quote what was sent, ${workers} workers, seed ${SEED}`, () => {
    const dice = new Dice(SEED + workers);
    const team = new Team(workers, dice, { yaml: INSIDE_HOSTS });
    for (const protocol of [47, 50, UDP_LITE, 132]) {
      const payload = dice.octets(40);
      if (protocol === UDP_LITE) payload.set(be16(0x1111), 6);
      const sent = packet(
        eth({ dst: '02:aa:00:00:00:03', src: '02:00:0a:00:01:1e' }),
        ipv4({ src: '10.0.1.30', dst: REMOTE, protocol }),
        raw(payload),
      );
      const out = leaves(team, 'dmz', sent);
      assert.equal(decode(out).ipv4!.src, '192.0.2.30');
      const told = reaches(team, '10.0.1.30', 'wan', errorFrame(packetAt(out, 9), { src: ROUTER, dst: '192.0.2.30' }));
      assert.deepEqual(quoteIn(told), packetAt(sent, 0));
      const message = told.subarray(34, 14 + told[16]! * 256 + told[17]!);
      assert.equal(naiveSum(message), 0xffff, "the error's own checksum holds");
      const back = packetAt(out, 9);
      back[9] = 99;
      assert.deepEqual(
        passes(team, 'wan', errorFrame(back, { src: ROUTER, dst: '192.0.2.30' })),
        [],
        'another protocol, no session',
      );
    }
    team.check();
  });
}
