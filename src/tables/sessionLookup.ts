import { endsSearch, farther, mayBe, slotRow, wanted } from './flowIndex.js';
import { Session, type Sessions, scopeOf } from './sessions.js';

/** Finding the row of a flow's session by one of its two tuples (D1). */

/** Row of the session an inside frame belongs to, or -1. `hash` = flowHash(source, destination, ports, scope); `scope`: scopeOf in sessions.ts. */
export function findOutward(
  t: Sessions,
  hash: number,
  source: number,
  destination: number,
  ports: number,
  scope: number,
): number {
  const { slots, mask } = t.outward;
  const rows = t.rows;
  let s = hash & mask;
  let want = wanted(hash);
  for (;;) {
    const w = slots[s]!;
    if (endsSearch(w, want)) return -1;
    if (mayBe(w, want)) {
      const row = slotRow(w) << 4;
      if (
        rows[row + Session.InsideAddress] === source &&
        rows[row + Session.RemoteAddress] === destination &&
        rows[row + Session.OutwardPorts] === ports &&
        scopeOf(rows, row) === scope
      ) {
        return row;
      }
    }
    s = (s + 1) & mask;
    want = farther(want);
  }
}

/** Row of the session an outside frame belongs to, or -1. */
export function findInward(t: Sessions, hash: number, source: number, destination: number, ports: number, scope: number): number {
  const { slots, mask } = t.inward;
  const rows = t.rows;
  let s = hash & mask;
  let want = wanted(hash);
  for (;;) {
    const w = slots[s]!;
    if (endsSearch(w, want)) return -1;
    if (mayBe(w, want)) {
      const row = slotRow(w) << 4;
      if (
        rows[row + Session.RemoteAddress] === source &&
        rows[row + Session.ExternalAddress] === destination &&
        rows[row + Session.InwardPorts] === ports &&
        scopeOf(rows, row) === scope
      ) {
        return row;
      }
    }
    s = (s + 1) & mask;
    want = farther(want);
  }
}
