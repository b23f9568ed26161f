import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const module = new URL('../../src/control/stopSignals.js', import.meta.url).href;

/**
 * Runs a program that gets real signals at the given times, in milliseconds, and says when it was told to stop. The time is the
 * program's own, in steps of 10 ms: a busy machine does not turn the echo of a signal into a second one.
 */
function signalled(drainMs: number, atMs: readonly number[], signal = 'SIGTERM'): { code: number | null; said: string[] } {
  const program = `
    import { mock } from 'node:test';
    import { setImmediate as nextRound } from 'node:timers/promises';
    import { StopSignals } from ${JSON.stringify(module)};
    let now = 0;
    mock.method(performance, 'now', () => now);
    mock.timers.enable({ apis: ['setTimeout'] });
    const say = (...words) => console.log(words.at(-1));
    const signals = new StopSignals({ info: say, warn: say }, ${drainMs});
    signals.stopped.then((signal) => console.log(signal, now));
    let heard = 0;
    process.on(${JSON.stringify(signal)}, () => heard++);
    for (let sent = 0; now < 1500; now += 10) {
      if (${JSON.stringify(atMs)}.includes(now)) {
        process.kill(process.pid, ${JSON.stringify(signal)});
        for (sent++; heard < sent; ) await nextRound();
      }
      await nextRound();
      mock.timers.tick(10);
    }`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return { code: status, said: stdout.trimEnd().split('\n') };
}

test('without a drain the first signal stops, and the echo of it changes nothing', () => {
  assert.deepEqual(signalled(0, [100, 110]), { code: 0, said: ['SIGTERM 100'] });
});

test('a drain lasts its time, or until the second signal', () => {
  assert.equal(signalled(600, [100, 110]).said[1], 'SIGTERM 700');
  assert.equal(signalled(60_000, [100, 500]).said[1], 'SIGTERM 500');
});

test('a signal while it stops ends it at once with code 1', () => {
  const { code, said } = signalled(0, [100, 500]);
  assert.equal(code, 1);
  assert.match(said[1]!, /ends at once/);
});

test('SIGHUP ends nothing, whether or not anybody can reload', () => {
  assert.deepEqual(signalled(0, [100, 500], 'SIGHUP'), { code: 0, said: [''] });
});
