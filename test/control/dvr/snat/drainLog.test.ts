import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DrainLog } from '../../../../src/control/dvr/snat/drainLog.js';
import { cloud } from './snatHosts.js';

test('the log says when draining begins, when nothing is left, and when it ends; each once', () => {
  const said: string[] = [];
  const log = new DrainLog('n', {
    info: ({ services }: { services?: number }, sentence: string) => said.push(`${services ?? '-'} ${sentence.split(/[:,]/)[0]}`),
  } as never);
  const look = (isDraining: boolean, ...on: string[]): string[] => {
    const objects = cloud(2, ({ name }) => ({ draining: isDraining && name === 'n' }));
    log.look(objects, new Map(on.map((host, i) => [`r${i}`, host])));
    return said.splice(0);
  };
  assert.deepEqual(look(false, 'n', 'n'), []);
  assert.deepEqual(look(true, 'n', 'n'), ['2 this host is draining']);
  assert.deepEqual(look(true, 'm', 'n'), []);
  assert.deepEqual(look(true, 'm', 'k'), ['- this host is drained']);
  assert.deepEqual(look(true, 'm', 'k'), []);
  assert.deepEqual(look(false, 'm', 'k'), ['0 this host is draining no more']);
  assert.deepEqual(look(true, 'm', 'k'), ['0 this host is draining', '- this host is drained']);
});
