import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Page, pageOf } from '../../src/control/show/pages.js';
import { sessionRemove } from '../../src/tables/sessionIndices.js';
import { addSession, makeGateway } from '../control/made.js';
import { Dice } from '../support/mutate.js';
import { SEED } from './seed.js';

test(`MET-4 pages neither leave out nor repeat a session that lives throughout, seed ${SEED}`, () => {
  const dice = new Dice(SEED);
  for (let round = 0; round < 50; round++) {
    const made = makeGateway({ sessions: 256, workers: 1 + dice.below(3) });
    const live = new Map<string, { worker: number; row: number; throughout: boolean }>();
    let ports = 0;
    const add = (throughout: boolean): void => {
      const worker = dice.below(made.states.length);
      const flow = { protocol: 17, inside: '10.0.1.5', insidePort: ++ports, remote: '192.0.2.1', remotePort: 80 } as const;
      const { row } = addSession(made, { ...flow, worker, zone: 'one', external: '100.10.2.1' });
      live.set(`10.0.1.5:${ports}`, { worker, row, throughout });
    };
    for (let n = dice.below(100); n > 0; n--) add(true);
    const limit = 1 + dice.below(20);
    const seen: string[] = [];
    for (let cursor: string | null = 'start'; cursor !== null; ) {
      const page: Page<'sessions'> = pageOf('sessions', made.shown, limit, undefined, cursor)!;
      const rows = [...page.rows];
      assert.ok(rows.length <= limit);
      seen.push(...rows.map(({ inside }) => inside));
      cursor = page.next();
      for (let n = dice.below(3); n > 0 && live.size < 150; n--) add(false);
      for (const [name, { worker, row }] of live) {
        if (dice.below(40) > 0) continue;
        sessionRemove(made.states[worker]!.sessions, row);
        live.delete(name);
      }
    }
    const throughout = [...live].filter(([, session]) => session.throughout).map(([name]) => name);
    for (const name of throughout) assert.equal(seen.filter((one) => one === name).length, 1, name);
  }
  const made = makeGateway();
  for (const wrong of ['', 'begin', '0', '0.', '-1.0', '0.0.0', '0.123456789', '1e1.0'])
    assert.equal(pageOf('sessions', made.shown, 10, undefined, wrong), undefined, wrong);
});
