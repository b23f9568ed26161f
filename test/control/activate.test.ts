import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { activateIn } from '../../src/control/activateApi.js';
import { controlApi } from '../../src/control/controlApi.js';
import { ObjectBook } from '../../src/control/dvr/mirror/objectBook.js';
import { ControlSocket } from '../../src/control/socket.js';
import { WindroseError } from '../../src/errors/catalog.js';
import { windrose } from '../cli/program.js';
import { objectsText } from '../objects/sample.js';
import { makeGateway } from './made.js';

describe('windrose activate', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-activate-'));
  const path = join(directory, 'gw.sock');
  const never = async (): Promise<never> => assert.fail('nothing else is changed');
  let book: ObjectBook;
  let socket: ControlSocket;
  /** Undefined: the gateway is no host. */
  let asked: Pick<ObjectBook, 'activate' | 'shared'> | undefined;
  before(async () => {
    const text = `name: gw1\nifaces: []\nhost: { name: h1 }\nstore: { directory: ${join(directory, 'store')} }\n`;
    book = await ObjectBook.open(loadConfig(text, 'gw1.yaml').config!);
    const objects = objectsText().replace('tap: tapa1,', 'tap: tapa1, migratingTo: h2,');
    assert.ok((await book.applyText(objects, 'o.yaml', { dryRun: false })).ok);
    asked = book;
    const objectTools = { apply: never, remove: never, drain: never, entries: never };
    const operations = { reload: never, count: never, purge: never, objects: objectTools };
    const activate = (port: string) => activateIn(asked, port);
    socket = await ControlSocket.listen(path, controlApi(makeGateway().shown, never as never, { ...operations, activate }));
  });
  after(async () => {
    await socket.stop();
    await book.close();
    rmSync(directory, { recursive: true });
  });
  const activate = (...words: string[]) => windrose('activate', ...words, '--socket', path);

  test('binds a port where it is migrating to, and says what is left to do; again it says where it is', async () => {
    assert.deepEqual(await activate('a1'), {
      code: 0,
      stdout: 'a1 is bound to h2, and no longer to h1\nthe other hosts have stores of their own: activate it there too\n',
      stderr: '',
    });
    assert.equal((await book.renew()).objects.lports.find(({ name }) => name === 'a1')!.host, 'h2');
    assert.equal((await activate('a1')).stdout, 'a1 is bound to h2, and is not migrating\n');
    const { stdout } = await activate('a1', '-o', 'json');
    assert.deepEqual(JSON.parse(stdout), { ok: true, port: 'a1', host: 'h2', from: '', shared: false, refused: '' });
  });

  test('refuses what is not there or not bound, in a store that does not answer, and in a gateway that is no host', async () => {
    const refused = async (port: string): Promise<string> => {
      const { code, stderr } = await activate(port);
      assert.equal(code, 1);
      return stderr.split('\n')[0]!;
    };
    assert.match(
      await refused('a7'),
      /^windrose: port "a7" was not activated: there is no such port\. A port that is migrating /,
    );
    assert.match(await refused('a9'), /it is not bound, and so migrates nowhere\. /);
    asked = {
      shared: true,
      activate: async () => {
        throw new WindroseError('STORE_UNREACHABLE', 'http://127.0.0.1:1', 'refused');
      },
    };
    assert.match(await refused('a1'), /was not activated: the store at http:\S+ does not answer \(refused\)\. /);
    asked = undefined;
    assert.match(await refused('a1'), /this gateway is no host of distributed routers/);
    assert.equal((await activate('a1', '-o', 'json')).code, 1);
  });
});
