import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const module = new URL('../../src/control/stopSignals.js', import.meta.url).href;

/** Runs a program that is signalled at the given times, in milliseconds, and says when it was told to stop. */
function signalled(drainMs: number, atMs: readonly number[], signal = 'SIGTERM'): { code: number | null; said: string[] } {
  const program = `
    import { StopSignals } from ${JSON.stringify(module)};
    const say = (...words) => console.log(words.at(-1));
    const signals = new StopSignals({ info: say, warn: say }, ${drainMs});
    const begun = performance.now();
    signals.stopped.then((signal) => console.log(signal, Math.round((performance.now() - begun) / 100)));
    for (const at of ${JSON.stringify(atMs)}) setTimeout(() => process.kill(process.pid, ${JSON.stringify(signal)}), at);
    setTimeout(() => {}, 1500);`;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return { code: status, said: stdout.trimEnd().split('\n') };
}

test('without a drain the first signal stops, and the echo of it changes nothing', () => {
  const { code, said } = signalled(0, [100, 110]);
  assert.deepEqual([code, said.length], [0, 1]);
  assert.match(said[0]!, /^SIGTERM [12]$/);
});

test('a drain lasts its time, or until the second signal', () => {
  assert.match(signalled(600, [100, 110]).said[1]!, /^SIGTERM [789]$/);
  assert.match(signalled(60_000, [100, 500]).said[1]!, /^SIGTERM [567]$/);
});

test('a signal while it stops ends it at once with code 1', () => {
  const { code, said } = signalled(0, [100, 500]);
  assert.equal(code, 1);
  assert.match(said[1]!, /ends at once/);
});

test('SIGHUP ends nothing, whether or not anybody can reload', () => {
  assert.deepEqual(signalled(0, [100, 500], 'SIGHUP'), { code: 0, said: [''] });
});
