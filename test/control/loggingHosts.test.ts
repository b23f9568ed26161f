import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logger } from 'pino';
import { logHostThresholds } from '../../src/control/loggingHosts.js';
import { Host, type Hosts, hostTake } from '../../src/tables/hosts.js';
import { homeOf } from '../../src/tables/ownership.js';
import { ip, type Made, makeGateway } from './made.js';

/** Takes down what is logged. */
function logOf() {
  const lines: Record<string, unknown>[] = [];
  const warn = (about: object, msg: string): void => void lines.push({ ...about, msg });
  return { log: { warn } as unknown as Logger, taken: (): Record<string, unknown>[] => lines.splice(0) };
}

/** The host's row at its home, with so many sessions and TCP ports. */
function have(made: Made, host: string, sessions: number, ports = 0): void {
  const t: Hosts = made.states[homeOf(ip(host), made.states.length)]!.hosts;
  const row = hostTake(t, ip(host), 0);
  t.rows[row + Host.Sessions] = sessions;
  t.rows[row + Host.Ports] = ports;
}

for (const workers of [1, 2])
  test(`EXH-4 a host that nears one of its limits is told at 80 and 90 %, once per crossing, with ${workers} worker(s)`, () => {
    const made = makeGateway({ workers });
    const { log, taken } = logOf();
    const watch = logHostThresholds(made, log);
    const brief = (): unknown[] => {
      watch();
      watch();
      return taken().map(({ host, of, used, limit, percent, msg }) => [host, of, used, limit, percent, msg]);
    };
    // 8192 sessions and 4096 ports of each protocol by default.
    have(made, '10.0.1.5', 6553);
    have(made, '10.0.1.6', 10);
    assert.deepEqual(brief(), []);
    have(made, '10.0.1.5', 6554);
    assert.deepEqual(brief(), [['10.0.1.5', 'sessions', 6554, 8192, 80, 'host: 80 % of its limit reached']]);
    have(made, '10.0.1.6', 3700, 3700);
    assert.deepEqual(brief(), [['10.0.1.6', 'tcp ports', 3700, 4096, 90, 'host: 90 % of its limit reached']]);
    have(made, '10.0.1.5', 6200);
    assert.deepEqual(brief(), [], 'a swing about the step is not told');
    have(made, '10.0.1.5', 6554);
    assert.deepEqual(brief(), []);
    have(made, '10.0.1.5', 100);
    assert.deepEqual(brief(), []);
    have(made, '10.0.1.5', 8000);
    assert.deepEqual(brief(), [['10.0.1.5', 'sessions', 8000, 8192, 97, 'host: 90 % of its limit reached']]);
    // Of no zone: nothing limits it.
    have(made, '172.16.0.1', 100_000);
    assert.deepEqual(brief(), []);
  });

test('EXH-4 many hosts at once: ten lines a look, the others with the next ones', () => {
  const made = makeGateway();
  const { log, taken } = logOf();
  const watch = logHostThresholds(made, log);
  for (let host = 1; host <= 25; host++) have(made, `10.0.1.${host}`, 8000);
  const counts = Array.from({ length: 4 }, () => {
    watch();
    return taken().length;
  });
  assert.deepEqual(counts, [10, 10, 5, 0]);
});
