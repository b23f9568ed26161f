import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { filterFor, ifaceRow, labelOf, namespaceFile } from '../../src/cli/captureTask.js';
import type { IfaceRow } from '../../src/types/show.js';
import { mainFile, windrose } from './program.js';

const row = (fields: Partial<IfaceRow>) => ({ name: 'lan', device: 'eth0', netns: '', vlan: 0, ...fields }) as IfaceRow;

describe('capture', () => {
  test('an interface is meant by its name, or else by its device', () => {
    const rows = [row({ name: 'eth1' }), row({ name: 'guests', vlan: 10 }), row({ name: 'wan', device: 'eth1' })];
    assert.equal(ifaceRow(rows, 'guests'), rows[1]);
    assert.equal(ifaceRow(rows, 'eth0'), rows[0]);
    assert.equal(ifaceRow(rows, 'eth1'), rows[0], 'the name comes first');
    assert.throws(() => ifaceRow(rows, 'dmz'), /no interface "dmz"; it has eth1, guests, wan\./);
  });

  test('the name of a VLAN narrows the filter', () => {
    assert.equal(filterFor(row({}), ['udp', 'port', '53']), 'udp port 53');
    assert.equal(filterFor(row({ vlan: 10 }), []), 'vlan 10');
    assert.equal(filterFor(row({ vlan: 10 }), ['arp or', 'icmp']), 'vlan 10 and (arp or icmp)');
  });

  test('the label says device and namespace where they add something', () => {
    assert.equal(labelOf(row({ name: 'eth0' })), 'eth0');
    assert.equal(labelOf(row({})), 'lan (device eth0)');
    assert.equal(labelOf(row({ netns: 'blue' })), 'lan (device eth0, namespace blue)');
  });

  test('namespaces by name, by path, and of a gateway that cannot be looked at', () => {
    const gateway = { pid: process.pid, configFile: 'no such word' };
    assert.equal(namespaceFile('blue', gateway), '/run/netns/blue');
    assert.equal(namespaceFile('/proc/7/ns/net', gateway), '/proc/7/ns/net');
    assert.equal(namespaceFile('', gateway), undefined);
  });

  for (const args of [
    [],
    ['lan', '--count', '0'],
    ['lan', '--count', '1.5'],
    ['lan', '--seconds', 'x'],
    ['lan', '-w', '-', '--text'],
  ]) {
    test(`"windrose capture ${args.join(' ')}" is 2`, async () => {
      const { code, stderr } = await windrose('capture', ...args);
      assert.equal(code, 2);
      assert.match(stderr, /^windrose: /);
    });
  }

  test('without a gateway it says so', async () => {
    const { code, stderr } = await windrose('capture', 'lan', '--socket', '/nowhere/x.sock');
    assert.equal(code, 1);
    assert.match(stderr, /^windrose: no gateway answers .*windrose run/);
  });

  test('without the package cap it says how to get it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'windrose-nocap-'));
    try {
      // A program that stands alone: no folder above it has packages.
      cpSync(join(dirname(mainFile)), join(folder, 'src'), { recursive: true });
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
      const task = JSON.stringify({ device: 'lo', label: 'lo', filter: '', text: true });
      const { status, stderr } = spawnSync(process.execPath, [join(folder, 'src/cli/captureChild.js'), task], {
        encoding: 'utf8',
      });
      assert.equal(status, 1);
      assert.match(stderr, /^windrose: capturing needs the package cap.*npm run build:capture[^\n]*\n$/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('--help has examples', async () => {
    const { code, stdout } = await windrose('capture', '--help');
    assert.equal(code, 0);
    assert.match(stdout, /Examples:[\s\S]*windrose capture lan -w lan\.pcap/);
  });
});
