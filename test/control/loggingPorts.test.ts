import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { logLinks } from '../../src/control/loggingLinks.js';
import type { LinkState } from '../../src/control/show/links.js';
import { WindroseError } from '../../src/errors/catalog.js';
import { deviceConfig, heldAs } from './heldDevices.js';

type Line = Record<string, unknown> & { readonly msg: string; readonly level: number };

test('a port without its device is told once, with place, value and remedy; what a guest does with its own is for who debugs', () => {
  const lines: Line[] = [];
  const log = pino({ level: 'debug' }, { write: (text: string) => lines.push(JSON.parse(text) as Line) });
  const why = new WindroseError('NETNS_MISSING', '"vm"', 'open(netns) ENOENT, lport a1');
  const port = { ...heldAs(deviceConfig('tap', 'a1', 'tap-a1', 'vm'), 'lport'), why };
  let state: LinkState = 'GONE';
  const look = logLinks({ links: { devices: () => [port], state: () => state } }, log);
  look();
  look();
  const [gone, ...more] = lines.splice(0);
  assert.deepEqual([gone!.msg, gone!.level, gone!.lport, gone!.netns, more.length], ['device is gone', 40, 'a1', 'vm', 0]);
  assert.match(`${String(gone!.failure)} ${String(gone!.remedy)}`, /network namespace "vm" .*lport a1.* "ip netns add/);
  assert.doesNotMatch(String(gone!.next), /routes/);
  for (const [now, msg, level] of [
    ['UP', 'device is up', 30],
    ['DOWN', 'device is down', 20],
    ['UP', 'device is up', 20],
    ['GONE', 'device is gone', 40],
  ] as const) {
    state = now;
    look();
    assert.deepEqual(
      lines.splice(0).map((line) => [line.msg, line.level]),
      [[msg, level]],
    );
  }
});
