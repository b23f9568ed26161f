import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { renderListing } from '../../src/cli/listings.js';
import { SessionCensus } from '../../src/control/sessionCensus.js';
import { showTop } from '../../src/control/show/top.js';
import { HostTally } from '../../src/control/topHosts.js';
import { SessionState } from '../../src/pipeline/tcpState.js';
import { Random } from '../../src/tables/hash.js';
import { sessionRemove } from '../../src/tables/sessionIndices.js';
import { Session, SessionsHead } from '../../src/tables/sessions.js';
import { formatIpv4 } from '../../src/types/ipv4.js';
import type { TopRow } from '../../src/types/show.js';
import { SEED } from '../property/seed.js';
import { addSession, ip, type MadeSession, makeGateway } from './made.js';

const key = { k0: 1, k1: 2 };

describe('counts by host', () => {
  test('are exact while there are few hosts', () => {
    const tally = new HostTally(key);
    for (let host = 1; host <= 500; host++) for (let i = 0; i < host; i++) tally.add(host, 0);
    assert.deepEqual(
      tally.top(3).map(({ host, count }) => [host, count]),
      [
        [500, 500],
        [499, 499],
        [498, 498],
      ],
    );
    assert.deepEqual([tally.countOf(77, 0), tally.countOf(501, 0), tally.missedAtMost], [77, 0, 0]);
    tally.clear();
    assert.deepEqual([tally.top(3), tally.countOf(77, 0)], [[], 0]);
  });

  test('MET-2 a quarter of a million hosts with one session each hide nobody who has many', () => {
    const tally = new HostTally(key);
    let total = 0;
    for (let host = 1; host <= 250_000; host++) {
      tally.add(-host, 0);
      total++;
      if (host % 500 === 0) for (let big = 1; big <= 10; big++, total++) tally.add(big, 0);
      if (host % 1000 === 0) tally.add(7, 0);
    }
    const [first, ...others] = tally.top(10);
    assert.equal(first!.host, 7);
    assert.ok(
      [first!, ...others].every(({ host }) => host >= 1 && host <= 10),
      'the ten that have many',
    );
    assert.ok(tally.missedAtMost > 0 && tally.missedAtMost <= total / 24_576, String(tally.missedAtMost));
    assert.ok(first!.count <= 750 && first!.count >= 750 - tally.missedAtMost);
  });

  test('MET-2 counts are never too high and never too low by more than they say, for random hosts', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fff_ffff }), fc.integer({ min: 1, max: 6 }), (seed, skew) => {
        const random = new Random({ k0: seed, k1: skew });
        const tally = new HostTally(key);
        const naive = new Map<number, number>();
        for (let i = 0; i < 150_000; i++) {
          const host = Math.floor(((random.next() >>> 0) / 2 ** 32) ** skew * 1_000_000);
          tally.add(host, 0);
          naive.set(host, (naive.get(host) ?? 0) + 1);
        }
        for (const [host, count] of naive) {
          const counted = tally.countOf(host, 0);
          assert.ok(counted <= count && counted >= count - tally.missedAtMost, `${host}: ${counted} of ${count}`);
        }
        const most = [...naive.values()].reduce((a, b) => Math.max(a, b));
        assert.ok(tally.top(1)[0]!.count >= most - tally.missedAtMost);
      }),
      { numRuns: 12, seed: SEED },
    );
  });
});

describe('counts by host and router', () => {
  test('equal addresses of two tenants are two hosts, also when others were struck off', () => {
    const tally = new HostTally(key);
    for (let i = 0; i < 900; i++) {
      tally.add(7, 1);
      if (i < 600) tally.add(7, 2);
    }
    for (let host = 1; host <= 60_000; host++) tally.add(-host, host & 1);
    assert.ok(tally.missedAtMost > 0);
    assert.deepEqual(
      tally.top(2).map(({ host, router, count }) => [host, router, count + tally.missedAtMost]),
      [
        [7, 1, 900],
        [7, 2, 600],
      ],
    );
    assert.deepEqual([tally.countOf(7, 1), tally.countOf(7, 3)], [900 - tally.missedAtMost, 0]);
  });
});

describe('show top', () => {
  test('is a table of two rankings', () => {
    const rows = [
      {
        by: 'ports',
        rank: 1,
        host: '1.1.1.2',
        router: '',
        ports: 90,
        newSessions: 25,
        newPerSecond: 2.5,
        windowSeconds: 10,
        missedAtMost: 0,
      },
      {
        by: 'new',
        rank: 1,
        host: '1.1.1.9',
        router: 'r1',
        ports: 9,
        newSessions: 30,
        newPerSecond: 3,
        windowSeconds: 10,
        missedAtMost: 0,
      },
    ] satisfies TopRow[];
    assert.equal(
      renderListing('top', rows, false),
      'BY     RANK  HOST     ROUTER  PORTS  NEW  NEW/S\n' +
        'ports     1  1.1.1.2             90   25    2.5\n' +
        'new       1  1.1.1.9  r1          9   30    3.0\n',
    );
  });
});

describe('census of the sessions', () => {
  const udp: MadeSession = {
    protocol: 17,
    inside: '10.0.9.1',
    insidePort: 1,
    remote: '192.0.2.1',
    remotePort: 53,
    zone: 'rest',
    external: '100.10.2.2',
  };
  const nothing = async (): Promise<void> => {};

  test('MET-2 show top: ports now, sessions made since the census before, over all workers', async () => {
    const made = makeGateway({ workers: 2 });
    const { built } = made.shown;
    let now = 0;
    const census = new SessionCensus(made.states, () => now, nothing);
    const rows = [1, 2, 3].map((insidePort) => addSession(made, { ...udp, insidePort, worker: insidePort % 2 }).row);
    addSession(made, { ...udp, inside: '10.0.9.2', insidePort: 9 });
    now = 4000;
    await census.current();
    const line = ({ by, rank, host, ports, newSessions, newPerSecond }: ReturnType<typeof showTop>[number]): string =>
      [by, rank, host, ports, newSessions, newPerSecond].join(' ');
    assert.deepEqual(showTop({ census, built }).map(line), [
      'ports 1 10.0.9.1 3 3 0.8',
      'ports 2 10.0.9.2 1 1 0.3',
      'new 1 10.0.9.1 3 3 0.8',
      'new 2 10.0.9.2 1 1 0.3',
    ]);
    // One ends; its row is taken by another host: that one is new, the others are not.
    now = 9000;
    sessionRemove(made.states[1]!.sessions, rows[0]!);
    addSession(made, { ...udp, inside: '10.0.9.3', insidePort: 4, worker: 1 });
    assert.equal((await census.current()).byNew.length, 2, 'no sooner than after 10 s');
    now = 14_000;
    await census.current();
    assert.deepEqual(showTop({ census, built }).map(line), [
      'ports 1 10.0.9.1 2 0 0',
      'ports 2 10.0.9.2 1 0 0',
      'ports 3 10.0.9.3 1 1 0.1',
      'new 1 10.0.9.3 1 1 0.1',
    ]);
  });

  test('sessions by state, zeros before the first walk, rows that are being written left out', async () => {
    const made = makeGateway();
    const census = new SessionCensus(made.states, undefined, nothing);
    assert.deepEqual(new Set(census.latest().states.map(({ count }) => count)), new Set([0]));
    addSession(made, udp);
    addSession(made, { ...udp, protocol: 6, state: SessionState.Established });
    const { row } = addSession(made, { ...udp, protocol: 6, state: SessionState.Closing });
    made.states[0]!.sessions.rows[row + Session.Generation]!++;
    const { states } = await census.current();
    assert.deepEqual(
      states.filter(({ count }) => count > 0).map(({ protocol, state, count }) => `${protocol} ${state} ${count}`),
      ['tcp established 1', 'udp open 1'],
    );
    assert.ok(states.some(({ protocol, state }) => protocol === 'tcp' && state === 'syn_sent'));
  });

  test('the walk gives way after 2 ms, and one walk serves all who ask', async () => {
    const made = makeGateway({ sessions: 4096 });
    const { rows, head } = made.states[0]!.sessions;
    for (let i = 0; i < 4096; i++) {
      rows[i * Session.Words + Session.Generation] = 2;
      rows[i * Session.Words + Session.Meta] = 17;
      rows[i * Session.Words + Session.InsideAddress] = ip('10.0.0.9');
    }
    head[SessionsHead.HighWater] = 4096;
    let now = 0;
    let rests = 0;
    // Each look at the clock is a millisecond later: 512 rows cost 1 ms.
    const census = new SessionCensus(
      made.states,
      () => now++,
      async () => {
        rests++;
      },
    );
    const [one, other] = await Promise.all([census.current(), census.current()]);
    assert.equal(one, other);
    assert.deepEqual([formatIpv4(one.byPorts[0]!.host), one.byPorts[0]!.count], ['10.0.0.9', 4096]);
    assert.ok(rests >= 3 && rests <= 5, `${rests} rests in 8 looks at the clock`);
  });
});
