import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventRecord, MappingRecord } from '../../src/control/events/record.js';
import { RingReader } from '../../src/control/events/ringReader.js';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { ControlWord } from '../../src/shared/control.js';
import { EventHead, EventOn } from '../../src/tables/eventRing.js';
import { BLOCKS, PortSpace, swapPort } from '../../src/tables/portBlocks.js';
import { Session, SessionFlag } from '../../src/tables/sessions.js';
import type { WireIpv4 } from '../../src/types/ipv4.js';
import { answerTo, echoOut, tcpOut, udpOut } from '../support/flows.js';
import { Dice } from '../support/mutate.js';
import { small } from '../support/sample.js';
import { Team } from '../support/team.js';
import { SEED } from './seed.js';

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('udp', 'tcp', 'icmp'),
      host: fc.nat(5),
      port: fc.integer({ min: 1, max: 30 }),
      to: fc.nat(2),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('in'), stranger: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 100, max: 4000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash'), worker: fc.nat(7) }) },
);

/** With endpoint-independent mappings and without, with room and without: eight ports are one worker's block. */
const ZONES = ['2048-2303', '2048-2303, mapping: eim, filtering: eif', '2048-2055, mapping: eim, filtering: adf, overload: true'];

/** A datagram to the source of one that left, by its remote or somebody else. */
function answer(left: MemoryFrame, stranger: number): Uint8Array {
  return answerTo(left, {}, stranger === 0 ? {} : { src: `198.51.100.${50 + stranger}` });
}

/** What the records say is alive. */
class Replay {
  readonly sessions = new Set<string>();
  readonly blocks = new Set<string>();
  readonly mappings = new Set<string>();

  take(record: EventRecord): void {
    if (record.kind === 'block') {
      const key = `${record.worker} ${record.protocol} ${record.external} ${record.firstPort}`;
      if (record.natEvent === 16) this.blocks.add(key);
      else assert.ok(this.blocks.delete(key), 'a block is given back that was claimed');
    } else if (record.kind === 'mapping' && record.natEvent <= 5) {
      const { worker, protocol, inside, insidePort, external, externalPort, remote, remotePort } = record;
      const key = [worker, protocol, inside, insidePort, external, externalPort, remote, remotePort].join();
      if (record.natEvent === 4) {
        assert.ok(!this.sessions.has(key), 'a session begins once');
        this.sessions.add(key);
      } else assert.ok(this.sessions.delete(key), 'a session ends that had begun');
    } else {
      assert.equal(record.kind, 'mapping');
      const { worker, protocol, inside, insidePort, external, externalPort } = record as MappingRecord;
      const key = [worker, protocol, inside, insidePort, external, externalPort].join();
      if (record.natEvent === 8) {
        assert.ok(!this.mappings.has(key), 'a mapping begins once');
        this.mappings.add(key);
      } else assert.ok(this.mappings.delete(key), 'a mapping ends that had begun');
    }
  }
}

/** What the tables say. */
function alive(team: Team): { sessions: string[]; blocks: string[]; mappings: string[] } {
  const mappings = new Set<string>();
  const sessions = team.members.flatMap((member, worker) =>
    member.rows().map((row) => {
      const word = (w: Session): number => member.sessions.rows[row + w]!;
      const [out, back] = [word(Session.OutwardPorts), word(Session.InwardPorts)];
      const inside = [word(Session.InsideAddress), swapPort(out & 0xffff)];
      const external = [word(Session.ExternalAddress), swapPort(back >>> 16)];
      const binding = [worker, word(Session.Meta) & 0xff, ...inside, ...external];
      if ((word(Session.Meta) & SessionFlag.Mapped) !== 0) mappings.add(binding.join());
      return [...binding, word(Session.RemoteAddress), swapPort(out >>> 16)].join();
    }),
  );
  const { index, state } = team.members[0]!;
  const blocks: string[] = [];
  for (const [address, slot] of index.addresses()) {
    for (const [space, protocol] of [
      [PortSpace.Tcp, 6],
      [PortSpace.Udp, 17],
      [PortSpace.Icmp, 1],
    ] as const) {
      const pool = space * state.ports.addresses + slot;
      for (let block = 0; block < BLOCKS; block++) {
        const owner = state.ports.owner[pool * BLOCKS + block]!;
        if (owner !== 0) blocks.push(`${owner - 1} ${protocol} ${address} ${block * 64}`);
      }
    }
  }
  return { sessions: sessions.sort(), blocks: blocks.sort(), mappings: [...mappings].sort() };
}

for (const workers of [1, 2, 3]) {
  test(`Z33 LOG-1 the records, played again, give the sessions, mappings and blocks that are there, ${workers} workers, faults included, seed ${SEED}`, () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 50, maxLength: 200 }), fc.constantFrom(...ZONES), fc.nat(), (steps, zone, seed) => {
        const team = new Team(workers, new Dice(seed), { yaml: small(zone), sessions: 256 });
        let left: MemoryFrame | undefined;
        const states = team.members.map(({ state }) => state);
        for (const { events } of states) events.head[EventHead.On] = EventOn.Sessions | EventOn.Mappings;
        const reader = new RingReader(
          states,
          () => states[0]!.control[ControlWord.ClockMs]!,
          () => 0,
        );
        const replay = new Replay();
        for (const one of steps) {
          if ('ms' in one) team.advance(one.ms);
          else if ('worker' in one) team.members[one.worker % workers]!.replaceWorker();
          else if ('stranger' in one) {
            if (left !== undefined) team.push('wan', answer(left, one.stranger));
          } else {
            const [from, to] = [`10.0.0.${2 + one.host}`, `198.51.100.${7 + one.to}`];
            const frame =
              one.kind === 'udp'
                ? udpOut(from, one.port, to)
                : one.kind === 'tcp'
                  ? tcpOut(from, one.port, 'S', to)
                  : echoOut(from, one.port, to);
            team.push('lan', frame);
          }
          team.settle();
          left = team.sent('wan').at(-1) ?? left;
          const addresses = new Map(
            Array.from(team.members[0]!.index.addresses(), ([address, slot]) => [slot, address as WireIpv4]),
          );
          reader.read({ routers: new Map(), zones: new Map(), addresses, destinations: true }, 1 << 20, (record) =>
            replay.take(record),
          );
          const { sessions, blocks, mappings } = alive(team);
          assert.deepEqual([...replay.sessions].sort(), sessions);
          assert.deepEqual([...replay.blocks].sort(), blocks);
          assert.deepEqual([...replay.mappings].sort(), mappings);
        }
      }),
      { seed: SEED, numRuns: 20, includeErrorInReport: true },
    );
  });
}
