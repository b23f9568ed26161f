import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { changesBetween, changeText } from '../../src/control/reload/changes.js';
import { inLog } from '../../src/control/reload/inLog.js';

const IFACES = 'ifaces: [{ name: lan, tap: lan, role: inside, addresses: [1.1.100.1/16] }]\n';

function lines(before: string, after: string): string[] {
  const [a, b] = [before, after].map((text) => loadConfig(text, 'test').config);
  return changesBetween(a!, b!).map(changeText);
}

test('rules say their order among one priority only', () => {
  const rules = (...list: string[]): string => `${IFACES}rules: ${JSON.stringify(list)}\n`;
  const [one, two, three] = ['from 1.1.1.0/24 nop pref 7', 'from 1.1.2.0/24 nop pref 7', 'from all nop pref 8'] as const;
  assert.deepEqual(lines(rules(three, one), rules(one, two, three)), [`rules: + ${two}`]);
  assert.deepEqual(lines(rules(one, two, three), rules(two, one, three)), [`rules: order of priority 7 is now ${two}, ${one}`]);
  assert.deepEqual(lines(rules(one, three), rules(two, one, three)), [
    `rules: + ${two}`,
    `rules: order of priority 7 is now ${two}, ${one}`,
  ]);
});

test('the log has the first changes of many, and the start of a long one', () => {
  const many = Array.from({ length: 1280 }, (_, i) => `routes: + 9.${i >> 8}.${i & 255}.0/24 via 1.2.1.254 dev wan`);
  const logged = inLog(many);
  assert.deepEqual(logged.slice(0, 20), many.slice(0, 20));
  assert.deepEqual(logged.slice(20), ['and 1260 more']);
  assert.deepEqual(inLog(many.slice(0, 20)), many.slice(0, 20));
  const [long] = inLog([`zones: order is now ${'x, '.repeat(1000)}`]);
  assert.match(long!, /^zones: order is now x, .*\.\.\. \(3020 characters\)$/);
  assert.ok(long!.length < 600);
});
