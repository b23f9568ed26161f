import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT, textOf } from './sources.js';

const UNIT = 'deploy/systemd/windrose@.service';
const lines = textOf(UNIT)
  .split('\n')
  .filter((line) => line.includes('=') && !line.startsWith('#'));

/** All values of a key, in their order. */
function values(key: string): string[] {
  return lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1));
}

function have(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

const program = join(ROOT, 'out/src/main.js');
const analyze = have('systemd-analyze', '--version') ? false : 'needs systemd-analyze';

/** Runs systemd-analyze on an instance of the unit, with these drop-ins. */
function analysed(words: readonly string[], dropIns: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'windrose-unit-'));
  try {
    const unit = join(folder, 'windrose@gw1.service');
    copyFileSync(join(ROOT, UNIT), unit);
    mkdirSync(`${unit}.d`);
    dropIns.forEach((text, i) => {
      writeFileSync(join(`${unit}.d`, `${i}.conf`), text);
    });
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...words, unit], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return `${stdout}${stderr}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the systemd unit', () => {
  test('is one systemd understands', { skip: analyze }, () => {
    assert.equal(analysed(['verify']), '');
  });

  test('starts a host behind the network without a cycle, whoever brings network.target in', { skip: analyze }, () => {
    const host = textOf('deploy/systemd/windrose-host.conf');
    assert.match(host, /^After=network-online\.target$/m);
    const manager = '[Unit]\nWants=network.target\n';
    assert.equal(analysed(['verify'], [host, manager]), '');
    // What systemd says of a cycle is seen by this.
    assert.match(analysed(['verify'], [host, `${manager}Before=network.target\n`]), /ordering cycle/);
  });

  test('is rated well: exposure at most 3.0', { skip: analyze }, () => {
    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(analysed(['security', '--offline=true']))?.[1]);
    assert.ok(exposure <= 3, `exposure ${exposure}`);
  });

  test('gives an ordinary user two capabilities and no more', () => {
    assert.deepEqual(values('User'), ['windrose']);
    assert.deepEqual(values('AmbientCapabilities'), ['CAP_NET_ADMIN CAP_NET_RAW']);
    assert.deepEqual(values('CapabilityBoundingSet'), values('AmbientCapabilities'));
    assert.deepEqual(values('NoNewPrivileges'), ['yes']);
    assert.deepEqual(values('MemoryDenyWriteExecute'), [], 'a compiler at run time needs such memory');
  });

  test('calls the program as it can be called', () => {
    for (const key of ['ExecStartPre', 'ExecStart', 'ExecReload']) {
      const [command = ''] = values(key);
      const [node, main, verb, ...rest] = command.split(' ');
      assert.equal(node, '/usr/bin/node', key);
      assert.equal(main, '/opt/windrose/out/src/main.js', key);
      const help = execFileSync(process.execPath, [program, verb!, '--help'], { encoding: 'utf8' });
      assert.match(help, new RegExp(`Usage: windrose ${verb}`), `there is no verb ${verb}`);
      for (const option of rest.filter((word) => word.startsWith('--')))
        assert.match(help, new RegExp(`${option}\\b`), `${verb} has no ${option}`);
    }
  });

  test('waits for the readiness that the gateway tells, and leaves it the time its stop may take', () => {
    assert.deepEqual([values('Type'), values('NotifyAccess')], [['notify'], ['all']]);
    assert.ok(Number.parseInt(values('TimeoutStopSec')[0]!, 10) >= 10);
    assert.deepEqual(values('Restart'), ['on-failure']);
    assert.deepEqual(values('RestartPreventExitStatus'), ['2']);
  });

  test('belongs to the user and the folders of the snippets', () => {
    assert.match(textOf('deploy/systemd/windrose.sysusers'), /^u windrose - "[^"]+" \/var\/lib\/windrose \/usr\/sbin\/nologin$/m);
    const made = textOf('deploy/systemd/windrose.tmpfiles').match(/^d \S+/gm);
    assert.deepEqual(made, ['d /etc/windrose', 'd /run/windrose', 'd /var/lib/windrose']);
    for (const file of ['windrose@.service', 'windrose-host.conf', 'windrose.sysusers', 'windrose.tmpfiles']) {
      assert.ok(existsSync(join(ROOT, 'deploy/systemd', file)));
      assert.ok(textOf('docs/deployment.md').includes(file), `docs/deployment.md does not say where ${file} goes`);
    }
  });
});
