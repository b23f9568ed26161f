import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ControlWord } from '../../src/shared/control.js';
import {
  EVENT_RECORDS,
  EventHead,
  EventOn,
  EventWord,
  eventAt,
  eventBinding,
  eventBlock,
  eventRefused,
  eventRingIn,
  eventRingOctets,
  eventSession,
  eventsRelease,
  eventsWaiting,
  NatEvent,
  NO_ZONE,
  Refusal,
  RefusalWord,
} from '../../src/tables/eventRing.js';
import { Session } from '../../src/tables/sessions.js';

function makeRing(on: number = EventOn.Sessions | EventOn.Mappings) {
  const control = new Int32Array(ControlWord.Count);
  const ring = eventRingIn(new SharedArrayBuffer(eventRingOctets()), control);
  ring.head[EventHead.On] = on;
  return { ring, control };
}

const row = Int32Array.from({ length: Session.Words }, () => 0);
row[Session.InsideAddress] = 0x0101_0101;
row[Session.RemoteAddress] = 0x0401_0201;
row[Session.OutwardPorts] = 0x1234 | (0x5000 << 16);
row[Session.ExternalAddress] = 0x0264_0201;
row[Session.InwardPorts] = 0x5000 | (0xfedc << 16);
row[Session.Meta] = 17 | (3 << 8) | (1023 << 16);

describe('the ring of NAT events', () => {
  test('LOG-2 a session record holds the tuple, the time and the zone, and no state', () => {
    const { ring, control } = makeRing();
    control[ControlWord.ClockMs] = -5;
    eventSession(ring, NatEvent.SessionCreate, row, 0);
    assert.equal(eventsWaiting(ring), 1);
    const w = ring.words.subarray(0, EventWord.Words);
    assert.equal(w[EventWord.Event]! | 0, NatEvent.SessionCreate | (17 << 8) | (1023 << 16));
    assert.equal(w[EventWord.Ms], -5);
    assert.deepEqual([w[EventWord.Inside], w[EventWord.External], w[EventWord.Remote]], [0x0101_0101, 0x0264_0201, 0x0401_0201]);
    assert.equal(w[EventWord.Ports]! >>> 0, 0xfedc_1234);
    assert.equal(w[EventWord.RemotePort], 0x5000);
  });

  test('LOG-4 nothing is written that nobody wants', () => {
    const write = (on: number): number => {
      const { ring } = makeRing(on);
      eventSession(ring, NatEvent.SessionCreate, row, 0);
      eventBinding(ring, NatEvent.BindingCreate, 6, 0, 0, 1, 2, 3);
      eventBlock(ring, NatEvent.BlockAllocate, 5, 7);
      eventRefused(ring, Refusal.Hosts, NO_ZONE, 1, 6);
      const refusals = ring.refusals.reduce((sum, word) => sum + word, 0);
      assert.equal(refusals > 0, on !== 0);
      return eventsWaiting(ring);
    };
    assert.deepEqual([0, EventOn.Sessions, EventOn.Mappings].map(write), [0, 1, 2]);
  });

  test('LOG-5 a full ring loses the record and counts it; what is read makes room, over the wrap of the count', () => {
    const { ring } = makeRing();
    const start = 0x7fff_ffff - 10;
    ring.head[EventHead.Written] = start;
    ring.head[EventHead.Read] = start;
    for (let i = 0; i < EVENT_RECORDS + 3; i++) eventBlock(ring, NatEvent.BlockAllocate, 0, i);
    assert.equal(eventsWaiting(ring), EVENT_RECORDS);
    assert.equal(ring.head[EventHead.Lost], 3);
    for (let i = 0; i < EVENT_RECORDS; i++) assert.equal(ring.words[eventAt((start + i) | 0) + EventWord.Block], i);
    eventsRelease(ring, 2);
    for (let i = 0; i < 3; i++) eventBlock(ring, NatEvent.BlockRelease, 0, i);
    assert.equal(eventsWaiting(ring), EVENT_RECORDS);
    assert.equal(ring.head[EventHead.Lost], 4);
  });

  test('LOG-3 refusals are counted by zone and reason, and are no records', () => {
    const { ring } = makeRing();
    for (let i = 0; i < 100_000; i++) eventRefused(ring, Refusal.PortsExhausted, i & 1, i, 6);
    eventRefused(ring, Refusal.Fragments, NO_ZONE, 9, 17);
    const count = (zone: number, refusal: Refusal): number =>
      ring.refusals[(zone * Refusal.Count + refusal) * RefusalWord.Words + RefusalWord.Count]!;
    assert.deepEqual([count(0, Refusal.PortsExhausted), count(1, Refusal.PortsExhausted)], [50_000, 50_000]);
    assert.equal(count(NO_ZONE, Refusal.Fragments), 1);
    assert.equal(eventsWaiting(ring), 0);
  });
});
