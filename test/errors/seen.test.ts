import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { getJson } from '../../src/cli/controlClient.js';
import { demo } from '../../src/cli/demo.js';
import { loadPart } from '../../src/cli/run.js';
import { windrose } from '../cli/program.js';

/** Errors of the catalogue that no other test provokes, each with its whole sentence. */

const folder = mkdtempSync(join(tmpdir(), 'windrose-errors-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A socket that answers every request alike, for as long as `during` takes. */
async function answering(body: string, during: (socket: string) => Promise<void>): Promise<void> {
  const socket = join(folder, 'answering.sock');
  const server = createServer((_, response) => response.end(body));
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  try {
    await during(socket);
  } finally {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }
}

describe('errors that are seen once', () => {
  test('ROOT_MISSING: a demo without root', async (t) => {
    t.mock.method(process as { getuid: () => number }, 'getuid', () => 1000);
    await assert.rejects(demo('dsnat'), {
      code: 'ROOT_MISSING',
      message: 'A demo builds network namespaces and needs root.',
      remedy: 'Run it with sudo.',
    });
  });

  test('PART_MISSING: a part of the program that was not built', async () => {
    await assert.rejects(loadPart(`file://${folder}/gone.js`, 'demo "gone"'), {
      code: 'PART_MISSING',
      message: /^this build has no demo "gone" \(Cannot find module .*gone\.js.*\)\.$/,
    });
  });

  test('CONFIG_FAULTY: a faulty file is not run', async () => {
    const file = join(folder, 'faulty.yaml');
    writeFileSync(file, 'ifaces: 5\n');
    const { code, stderr } = await windrose('run', '--config', file);
    assert.equal(code, 1);
    assert.match(stderr, /\nwindrose: .*faulty\.yaml has \d+ errors?\. Correct what is listed above;[^\n]*\n$/);
  });

  test('CONTROL_FAULT: something else answers behind the socket', () =>
    answering('<html>', async (socket) => {
      await assert.rejects(getJson(socket, '/v1/info'), {
        code: 'CONTROL_FAULT',
        message: `the gateway behind ${socket} refused: HTTP 200 without JSON.`,
      });
    }));

  test('RELOAD_REFUSED: a file that needs a restart', () => {
    const report = { ok: false, dryRun: false, configFile: 'gateway.yaml', issues: [], changes: [], refused: ['name: a -> b'] };
    return answering(JSON.stringify({ ...report, generation: 1, draining: [], lateWorkers: [] }), async (socket) => {
      const { code, stderr } = await windrose('reload', '--socket', socket);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^refused: name: a -> b\nwindrose: gateway\.yaml was not taken over \(1 refused\); nothing has changed\. /,
      );
    });
  });

  test('RELOAD_FAILED: a device refused; a dry run, which looks at none, is not named', () => {
    const told = { ok: false, dryRun: false, begun: true, configFile: 'gateway.yaml', issues: [], changes: ['ifaces: + wan2'] };
    const note = {
      severity: 'note',
      file: 'gateway.yaml',
      line: 8,
      column: 42,
      path: 'zones[0]',
      message: 'is empty',
      remedy: '',
    };
    const report = {
      ...told,
      notes: [note],
      refused: ['there is no device "wan2" (ENODEV).'],
      generation: 1,
      draining: [],
      lateWorkers: [],
    };
    return answering(JSON.stringify(report), async (socket) => {
      const { code, stderr } = await windrose('reload', '--socket', socket);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        'gateway.yaml:8:42 note: zones[0]: is empty\nrefused: there is no device "wan2" (ENODEV).\nwindrose: gateway.yaml could not be taken over (1 refused); nothing has changed. Remove the cause listed above and reload again.\n',
      );
    });
  });

  test('CONFIRMATION_MISSING: a purge without a terminal', () =>
    answering('{"count":3}', async (socket) => {
      const { code, stdout, stderr } = await windrose('sessions', 'purge', 'all', '--socket', socket);
      assert.deepEqual([code, stdout], [1, '3 sessions match\n']);
      assert.equal(
        stderr,
        'windrose: sessions purge asks before it ends sessions, and there is no terminal to ask on. Add --yes.\n',
      );
    }));
});
