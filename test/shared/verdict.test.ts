import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Columns, columnOctets } from '../../src/shared/columns.js';
import { CounterEvent, CounterRoom, countersOctets, countersRow, IfaceCounter, ZoneCounter } from '../../src/shared/counters.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../../src/shared/verdict.js';

test('every verdict has a reason of its own, help that is a sentence, and a drop says where to look', () => {
  const reasons = new Set<string>();
  for (let v = 1; v < Verdict.Count; v++) {
    const { reason, help, look } = verdictSpec(v);
    assert.match(reason, /^[a-z][a-z0-9_]*$/);
    assert.ok(!reasons.has(reason), reason);
    reasons.add(reason);
    assert.match(help, /^[A-Z0-9].*\.$/);
    assert.equal(look !== '', v >= FIRST_DROP, reason);
  }
});

test('columns start 64 octets apart behind the start, do not overlap, and refuse a buffer that is too small', () => {
  const octets = columnOctets(4, 100, 1);
  const c = new Columns(new SharedArrayBuffer(octets));
  const views = [c.i32(1), c.u16(50), c.u8(1)];
  assert.deepEqual(
    views.map((view) => view.byteOffset),
    [48, 112, 240],
  );
  assert.throws(() => c.f64(1), RangeError);
});

test('counter rows of two workers and their four parts do not overlap', () => {
  const buffer = new SharedArrayBuffer(countersOctets(2));
  for (const worker of [0, 1]) {
    const row = countersRow(buffer, worker);
    row.verdicts.fill(worker + 1);
    row.events.fill(worker + 11);
    row.rifs.fill(worker + 21);
    row.zones.fill(worker + 31);
  }
  for (const worker of [0, 1]) {
    const row = countersRow(buffer, worker);
    assert.deepEqual([row.verdicts.length, row.events.length], [Verdict.Count, CounterEvent.Count]);
    assert.deepEqual(
      [row.rifs.length, row.zones.length],
      [CounterRoom.Rifs * IfaceCounter.Count, CounterRoom.Zones * ZoneCounter.Count],
    );
    for (const [view, value] of [
      [row.verdicts, 1],
      [row.events, 11],
      [row.rifs, 21],
      [row.zones, 31],
    ] as const) {
      assert.ok(view.every((n) => n === value + worker));
    }
  }
});
