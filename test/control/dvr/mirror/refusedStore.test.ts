import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { loadConfig } from '../../../../src/config/load.js';
import { ObjectBook } from '../../../../src/control/dvr/mirror/objectBook.js';
import { HostWatch } from '../../../../src/control/dvr/presence/hostWatch.js';
import { Presence } from '../../../../src/control/dvr/presence/presence.js';
import { EtcdStore } from '../../../../src/store/etcd.js';
import type { EtcdAccess } from '../../../../src/types/etcdAccess.js';
import { EtcdProcess, etcdSkipReason } from '../../../store/etcdProcess.js';

/** A reading is tried after 6 s at most, by looks every 2 s; and some for a busy machine. */
const FOUND_MS = 14_000;
const LOST = 'the store is lost; its last objects stay in use';
const BACK = 'the store is back';

describe('an etcd that begins to refuse a host that runs', { skip: etcdSkipReason() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'windrose-refused-'));
  const passwordFile = join(folder, 'password');
  let etcd: EtcdProcess;
  let root: Etcd3;
  before(async () => {
    writeFileSync(passwordFile, 'horse\n');
    chmodSync(passwordFile, 0o600);
    etcd = await EtcdProcess.start();
    const operator = new Etcd3({ hosts: etcd.endpoint });
    await operator.auth.userAdd({ name: 'root', password: 'root' });
    await operator.auth.roleAdd({ name: 'root' });
    await operator.auth.userGrantRole({ user: 'root', role: 'root' });
    await operator.auth.userAdd({ name: 'gw', password: 'horse' });
    await operator.auth.userGrantRole({ user: 'gw', role: 'root' });
    operator.close();
    root = new Etcd3({ hosts: etcd.endpoint, auth: { username: 'root', password: 'root' } });
  });
  after(() => {
    root?.close();
    etcd?.close();
    rmSync(folder, { recursive: true });
  });

  /** A host that runs, before and after `refuse`, until `allow`. */
  async function hostOf(access: EtcdAccess, refuse: () => Promise<unknown>, allow: () => Promise<unknown>): Promise<void> {
    const log: { readonly about: { readonly remedy?: string }; readonly sentence: string }[] = [];
    const note = (about: { readonly remedy?: string }, sentence: string): void => void log.push({ about, sentence });
    const said = (sentence: string) => log.filter((one) => one.sentence === sentence);
    const until = async (holds: () => boolean, what: string): Promise<void> => {
      for (const end = Date.now() + FOUND_MS; !holds(); await pause(50)) assert.ok(Date.now() < end, what);
    };
    const store = new EtcdStore(access);
    const { config } = loadConfig('name: gw1\nifaces: []\nhost: { name: h1 }\nstore: { directory: /none }\n', '/gw1.yaml');
    const book = await ObjectBook.open(config!, async () => store, { info: note, warn: note } as never);
    const times = { leaseSeconds: 10, keepAliveMs: 500, waitMs: 1000, marginSeconds: 1 };
    const presence = await Presence.take(store, 'h1', undefined, undefined, times);
    const others = new HostWatch(store, 'h1', undefined);
    others.start();
    const watch = book.watch(() => {});
    try {
      await pause(500);
      assert.equal(book.reachable, true);
      await refuse();
      await until(() => !book.reachable && others.lostSince !== undefined, 'the refusal is found');
      await pause(2500);
      assert.equal(said(LOST).length, 1);
      assert.match(String(said(LOST)[0]!.about.remedy), /grant-permission/);
      await allow();
      await until(() => book.reachable && others.lostSince === undefined, 'it is in use again');
      assert.deepEqual([said(LOST).length, said(BACK).length], [1, 1]);
    } finally {
      watch.close();
      others.close();
      await presence.leave();
      await book.close();
    }
  }

  test('who has no user, when users are asked for: said once with what to do, and in use again when they are not', async () => {
    const plain = (): Etcd3 => new Etcd3({ hosts: etcd.endpoint });
    await hostOf(
      etcd.access(),
      async () => {
        const operator = plain();
        await operator.auth.authEnable();
        operator.close();
      },
      () => root.auth.authDisable(),
    );
  });

  test('whose password is another one now, until it is the same again', async () => {
    const operator = new Etcd3({ hosts: etcd.endpoint });
    await operator.auth.authEnable();
    operator.close();
    const becomes = (password: string) => () => root.user('gw').setPassword(password);
    await hostOf(etcd.access({ user: 'gw', passwordFile }), becomes('mule'), becomes('horse'));
  });
});
