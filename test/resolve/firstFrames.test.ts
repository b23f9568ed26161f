import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { homeOf } from '../../src/tables/ownership.js';
import { decode } from '../support/decode.js';
import { echoOut, tcpOut, udpOut } from '../support/flows.js';
import { Dice } from '../support/mutate.js';
import { wireIp } from '../support/octets.js';
import { small } from '../support/sample.js';
import { Team } from '../support/team.js';

const kinds = { udp: udpOut, echo: echoOut, tcp: (host: string, port: number) => tcpOut(host, port, 'S') };
const WORKERS = 3;
const HOST = '10.0.0.9';

/** Workers in every order. */
const orders = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** External source of every frame that left for the outside; its identifier for an echo. */
function externals(team: Team): string[] {
  return team.sent('wan').map(({ octets }) => {
    const { ipv4, udp, tcp, icmp } = decode(octets);
    return `${ipv4!.src}:${udp?.sport ?? tcp?.sport ?? icmp?.id}`;
  });
}

/**
 * Two first frames of one flow, alike, in the queues `a` and `b`, and then turns in the order given. `full`: every port of the
 * home lies in a block of another worker, which has to be asked.
 */
function race(kind: keyof typeof kinds, a: number, b: number, order: readonly number[], full: boolean): Team {
  const team = new Team(WORKERS, new Dice(1), { yaml: small('2000-2063').replace(/timers:.*/, '') });
  const home = homeOf(wireIp(HOST), WORKERS);
  if (full) {
    // Ports 2000-2063 lie in two blocks, of 48 and 16: another worker that has 50 sessions holds both.
    const other = Array.from({ length: 200 }, (_, i) => `10.0.0.${i + 20}`).find((one) => homeOf(wireIp(one), WORKERS) !== home)!;
    for (let port = 1; port <= 50; port++) team.push('lan', kinds[kind](other, port));
    team.settle();
    team.sent('wan');
  }
  const frame = kinds[kind](HOST, 4000);
  team.members[a]!.push('lan', frame);
  team.members[b]!.push('lan', frame);
  for (const worker of order) team.members[worker]!.turn.run();
  team.settle();
  return team;
}

for (const full of [false, true]) {
  // Every worker has blocks of ICMP identifiers.
  for (const kind of full ? (['udp', 'tcp'] as const) : (['udp', 'echo', 'tcp'] as const)) {
    test(`MAP-7 two first frames of one flow on two queues make one mapping, both leave: ${kind}${full ? ", the port another worker's" : ''}`, () => {
      for (let a = 0; a < WORKERS; a++) {
        for (let b = 0; b < WORKERS; b++) {
          for (const order of orders) {
            const team = race(kind, a, b, order, full);
            const seen = externals(team);
            assert.equal(seen.length, 2, `queues ${a} and ${b}, turns ${order}: both leave`);
            assert.equal(seen[0], seen[1], 'by one mapping');
            assert.equal(team.sessionCount, full ? 51 : 1);
            const own = team.members[homeOf(wireIp(HOST), WORKERS)]!.sessionCount;
            assert.equal(own, full ? 0 : 1, 'who has it');
            if (full) assert.ok(team.count(Verdict.HandedOff) > 0, 'frames changed hands');
            team.check();
          }
        }
      }
    });
  }
}
