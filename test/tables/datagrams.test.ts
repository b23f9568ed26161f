import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DATAGRAMS,
  Datagram,
  DatagramList,
  datagramFind,
  datagramKey,
  datagramList,
  datagramMayWait,
  datagramMove,
  datagramOldest,
  datagramRemove,
  datagramsCount,
  datagramsMake,
  datagramTake,
} from '../../src/tables/datagrams.js';
import { hostFind } from '../../src/tables/fragmentHosts.js';
import { heldCopy, heldFramesMake, heldFree, heldPut, heldUsed } from '../../src/tables/heldFrames.js';
import { Dice } from '../support/mutate.js';

const KEY = { k0: 0x0123_4567, k1: 0x89ab_cdef | 0 };

test('FRG-5 FRG-6 the table of datagrams against a plain list, under random operations', () => {
  const dice = new Dice(4711);
  const d = datagramsMake();
  const most = 64;
  /** Oldest first within each list. */
  let model: { source: number; id: number; list: DatagramList }[] = [];
  for (let step = 0; step < 40_000; step++) {
    const source = dice.below(10) === 0 ? dice.below(1000) : dice.below(6);
    const id = dice.below(24);
    const word = datagramKey(id, 17, true);
    const row = datagramFind(d, KEY, 0, source, 1, word);
    const known = model.find((m) => m.source === source && m.id === id);
    assert.equal(row >= 0, known !== undefined);
    if (row < 0) {
      const own = model.filter((m) => m.source === source);
      const ownDone = own.find((m) => m.list === DatagramList.Done);
      const done = model.find((m) => m.list === DatagramList.Done);
      const gone = own.length >= most / 8 && ownDone !== undefined ? ownDone : model.length >= most ? done : undefined;
      const full = model.length >= most && done === undefined;
      const made = datagramTake(d, KEY, 0, source, 1, word, most, step);
      assert.equal(made < 0, full);
      model = model.filter((m) => m !== gone);
      if (!full) model.push({ source, id, list: DatagramList.Done });
    } else {
      assert.equal(datagramList(d, row), known!.list);
      model = model.filter((m) => m !== known);
      const how = dice.below(8);
      if (how === 0) datagramRemove(d, row);
      else {
        const wanted = dice.pick([DatagramList.Done, DatagramList.Waiting, DatagramList.Ready, DatagramList.Waiting]);
        const waits = wanted === DatagramList.Waiting && !datagramMayWait(d, KEY, 0, source, most);
        const list = waits ? DatagramList.Done : wanted;
        datagramMove(d, row, list, step);
        model.push({ source, id, list });
      }
    }
    assert.equal(datagramsCount(d), model.length);
    for (const list of [DatagramList.Waiting, DatagramList.Ready, DatagramList.Done]) {
      const oldest = datagramOldest(d, list);
      const expected = model.find((m) => m.list === list);
      assert.equal(oldest >= 0 ? d.rows[oldest + Datagram.Source] : undefined, expected?.source);
    }
    if (step % 500 === 0)
      for (const { source: s } of model) assert.ok(hostFind(d.hosts, KEY, s, 0) >= 0, 'a source with a datagram is known');
  }
  for (const { source, id } of model) datagramRemove(d, datagramFind(d, KEY, 0, source, 1, datagramKey(id, 17, true)));
  assert.equal(datagramsCount(d), 0);
  assert.ok(d.hosts.buckets.every((b) => b === 0) && d.buckets.every((b) => b === 0), 'nothing is left behind');
});

test('FRG-5 rows and sources never run past their room', () => {
  const d = datagramsMake();
  for (let i = 0; i < DATAGRAMS * 3; i++) assert.ok(datagramTake(d, KEY, 0, i, 1, datagramKey(1, 17, true), DATAGRAMS, i) >= 0);
  assert.equal(datagramsCount(d), DATAGRAMS);
});

test('held frames come back as they were put in, and their room is used again', () => {
  const dice = new Dice(99);
  const h = heldFramesMake();
  const source = new Int32Array(20_000).map(() => dice.below(0x7fff_ffff));
  const held: { frame: number; from: number; words: number }[] = [];
  for (let step = 0; step < 20_000; step++) {
    if (dice.below(2) === 0) {
      const words = 1 + dice.below(dice.below(20) === 0 ? 16_000 : 400);
      const from = dice.below(3000);
      const frame = heldPut(h, source, from, words, words * 4, 0, 0);
      if (frame >= 0) held.push({ frame, from, words });
    } else if (held.length > 0) {
      const at = dice.below(held.length);
      const [{ frame, from, words }] = held.splice(at, 1) as [(typeof held)[number]];
      const target = new Int32Array(words + 2);
      heldCopy(h, frame, target, 1, words);
      assert.deepEqual(target.slice(1, -1), source.slice(from, from + words));
      assert.deepEqual([target[0], target[words + 1]], [0, 0]);
      heldFree(h, frame);
    }
  }
  for (const { frame } of held) heldFree(h, frame);
  assert.equal(heldUsed(h), 0);
  let frames = 0;
  while (heldPut(h, source, 0, 128, 512, 0, 0) >= 0) frames++;
  assert.equal(frames * 512, 16 << 20, 'all of the 16 MiB, and no more');
});
