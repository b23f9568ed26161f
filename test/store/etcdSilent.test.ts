import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EtcdStore } from '../../src/store/etcd.js';
import { EtcdProcess, etcdSkipReason, freePort } from './etcdProcess.js';

/** Members. */
const COUNT = 3;
/** Two seconds of silence and four for an answer, or three elections; and some for a busy machine. */
const FOUND_MS = 10_000;

describe('watches that are open and silent', { skip: etcdSkipReason() }, () => {
  let members: EtcdProcess[];
  before(async () => {
    const ports: [number, number][] = [];
    for (let i = 0; i < COUNT; i++) ports.push([await freePort(), await freePort()]);
    const all = ports.map(([, peer], i) => `m${i}=http://127.0.0.1:${peer}`).join(',');
    members = await Promise.all(
      ports.map((own, i) => EtcdProcess.start({ ports: own, more: ['--name', `m${i}`, '--initial-cluster', all] })),
    );
  });
  after(() => {
    for (const member of members ?? []) member.close();
  });

  for (const [what, frozen] of [
    ['its member stands still', [0]],
    ['its member hears no other member', [1, 2]],
  ] as const)
    test(`${what}: the watch ends soon, and another one tells what came meanwhile`, async () => {
      const endpoints = members.map(({ endpoint }) => endpoint);
      const store = new EtcdStore(members[0]!.access({ endpoints }));
      const { revision } = await store.transact({ puts: [{ key: 'a', value: what }] });
      const ended = new Promise<Error>((resolve) => {
        store.watch('', revision + 1, { changed: () => {}, failed: resolve });
      });
      await pause(300);
      const begun = performance.now();
      for (const n of frozen) members[n]!.freeze(true);
      const error = await Promise.race([ended, pause(FOUND_MS)]);
      for (const n of frozen) members[n]!.freeze(false);
      assert.equal((error as { code?: string } | undefined)?.code, 'STORE_UNREACHABLE', `after ${performance.now() - begun} ms`);
      const told = new Promise((resolve) => {
        // While members elect a leader none takes a watch.
        const watch = (): void =>
          void store.watch('', revision + 1, {
            changed: (_, changes) => resolve(changes[0]!.key),
            failed: () => setTimeout(watch, 100),
          });
        watch();
      });
      const other = new EtcdStore(members[1]!.access());
      for (const end = Date.now() + FOUND_MS; ; await pause(200))
        if (
          await other.transact({ puts: [{ key: 'b', value: what }] }).then(
            ({ done }) => done,
            () => Date.now() > end,
          )
        )
          break;
      assert.equal(await told, 'b');
      await store.close();
      await other.close();
    });
});
