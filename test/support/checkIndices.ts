import assert from 'node:assert/strict';
import { isElsewhere } from '../../src/tables/elsewhere.js';
import { mappingOf } from '../../src/tables/mappings.js';
import { inwardHash, outwardHash } from '../../src/tables/sessionIndices.js';
import { findInward, findOutward } from '../../src/tables/sessionLookup.js';
import { HELD, Session, SessionFlag, SessionsHead, scopeOf } from '../../src/tables/sessions.js';
import { entries } from './leftovers.js';
import type { World } from './world.js';

/** Laws of the four indices of one worker: each knows every row it should know by its place, and has no entry beside those. */
export function checkIndices({ sessions: t }: World): void {
  const r = t.rows;
  const expected = { outward: 0, inward: 0, insides: new Set<number>(), peers: new Set<string>() };
  for (let row = 0; row < t.head[SessionsHead.HighWater]! * Session.Words; row += Session.Words) {
    const meta = r[row + Session.Meta]!;
    if ((meta & 0xff) === 0) continue;
    const protocol = scopeOf(r, row);
    const [inside, remote, external] = [Session.InsideAddress, Session.RemoteAddress, Session.ExternalAddress].map(
      (word) => r[row + word]!,
    ) as [number, number, number];
    const [out, back] = [r[row + Session.OutwardPorts]!, r[row + Session.InwardPorts]!];
    if (((meta >>> 8) & 0xff) !== HELD) {
      expected.outward++;
      assert.equal(
        findOutward(t, outwardHash(t, row), inside, remote, out, protocol),
        row,
        'a row is found by its outward tuple',
      );
    }
    if (!isElsewhere(meta)) {
      expected.inward++;
      assert.equal(
        findInward(t, inwardHash(t, row), remote, external, back, protocol),
        row,
        'a row is found by its inward tuple',
      );
    }
    if ((meta & SessionFlag.Mapped) === 0) continue;
    expected.insides.add(mappingOf(t, inside, out & 0xffff, protocol));
    if ((meta & SessionFlag.Eif) !== 0) expected.peers.add([external, back >>> 16, protocol].join());
    if ((meta & SessionFlag.Adf) !== 0) expected.peers.add([external, back >>> 16, protocol, remote].join());
  }
  assert.deepEqual(
    [t.outward.slots, t.inward.slots, t.insides, t.peers].map(entries),
    [expected.outward, expected.inward, expected.insides.size, expected.peers.size],
    'entries of the indices: outward, inward, insides, peers',
  );
}
