import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.js';
import { appliedRevision, followObjects, type HostSide } from '../../../src/control/dvr/hostSide.js';
import { ObjectBook } from '../../../src/control/dvr/mirror/objectBook.js';
import { PortMoves } from '../../../src/control/dvr/ports/portMoves.js';
import { NO_NUMBERS } from '../../../src/control/dvr/view/floatingNumbers.js';
import type { HostView } from '../../../src/control/dvr/view/hostView.js';
import { formatMac } from '../../../src/types/mac.js';
import { objectsText } from '../../objects/sample.js';

test('a MAC that the objects give this host is in its next view, and the revision it goes by is told', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-mac-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const config = loadConfig(`name: g\nifaces: []\nhost: { name: h1 }\nstore: { directory: ${directory} }\n`, 'g.yaml').config!;
  const book = await ObjectBook.open(config);
  t.after(() => book.close());
  const text = objectsText({ lports: 'lports: []' });
  await book.applyText(text, 'o.yaml', { dryRun: false });
  const moves = new PortMoves('h1', () => 0);
  const none = (): never => assert.fail('no device is opened');
  const addon = new Proxy({}, { get: () => none }) as never;
  const numbers = { before: NO_NUMBERS, use: () => {} };
  const follow = (side: Partial<HostSide>): HostSide =>
    followObjects(
      addon,
      { book, moves, numbers, room: { fit: (view: HostView) => view }, devices: [], ...side } as never,
      config,
      1,
    );
  const before = follow({});
  assert.equal(formatMac(before.view.hostMac), formatMac(book.mac));
  assert.equal(appliedRevision(before), book.now.revision);
  await book.applyText(text.replace('192.0.2.1 }', '192.0.2.1, mac: "fa:16:3f:00:00:77" }'), 'o.yaml', { dryRun: false });
  assert.ok(appliedRevision(before) < book.now.revision, 'what was read is not yet gone by');
  const after = follow(before);
  assert.equal(formatMac(after.view.hostMac), 'fa:16:3f:00:00:77');
  assert.equal(appliedRevision(after), book.now.revision);
});
