import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { NOUNS } from '../../src/cli/nouns.js';
import { catalog, type ErrorCode, WindroseError } from '../../src/errors/catalog.js';
import type { CatalogEntry } from '../../src/errors/catalogEntry.js';
import { fromAddonError, fromControlError, fromMetricsError, isAddonError, isOfProcess } from '../../src/errors/system.js';

describe('the catalogue', () => {
  for (const [code, entry] of Object.entries<CatalogEntry>(catalog)) {
    test(`${code} is a sentence with its object, and has a remedy`, () => {
      const said = entry.says('OBJECT', 'DETAIL');
      assert.match(said, /OBJECT/);
      assert.match(said, /^[^\n]*\.$/);
      assert.match(entry.remedy, /^[^\n]*\.$/);
    });
  }

  test('what there is to show is named in full, by the error and by the page for operators', () => {
    const page = readFileSync('docs/operations.md', 'utf8');
    const listed = catalog.SHOW_UNKNOWN.remedy.replace(/^One of: |\.$/g, '').split(', ');
    assert.deepEqual(listed.sort(), Object.keys(NOUNS).sort());
    assert.deepEqual(
      Object.keys(NOUNS).filter((noun) => !page.includes(`\n| \`${noun}\` `)),
      [],
    );
  });

  test('a permission error names the capability, docker and systemd', () => {
    const { remedy, message } = new WindroseError('TAP_PERMISSION', 'wr0', 'EPERM');
    assert.match(message, /CAP_NET_ADMIN/);
    assert.match(remedy, /--cap-add NET_ADMIN --cap-add NET_RAW --device \/dev\/net\/tun/);
    assert.match(remedy, /AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW/);
  });
});

/** syscall and errno as the addon gives them -> code. */
const addon: readonly (readonly [string, string, ErrorCode])[] = [
  ['open(/dev/net/tun)', 'ENOENT', 'TUN_MISSING'],
  ['open(/dev/net/tun)', 'ENODEV', 'TUN_MISSING'],
  ['open(/dev/net/tun)', 'EACCES', 'TUN_FORBIDDEN'],
  ['ioctl(TUNSETIFF)', 'EPERM', 'TAP_PERMISSION'],
  ['ioctl(TUNSETIFF)', 'EBUSY', 'TAP_BUSY'],
  ['ioctl(TUNSETIFF)', 'EINVAL', 'TAP_KIND'],
  ['bpf(BPF_LINK_CREATE)', 'EINVAL', 'EXCLUSIVE_REFUSED'],
  ['bpf(BPF_PROG_LOAD)', 'EPERM', 'EXCLUSIVE_REFUSED'],
  ['socket(AF_PACKET)', 'EPERM', 'PACKET_PERMISSION'],
  ['ioctl(SIOCSIFMTU)', 'EPERM', 'DEVICE_PERMISSION'],
  ['ioctl(SIOCGIFINDEX)', 'ENODEV', 'DEVICE_MISSING'],
  ['bind', 'ENXIO', 'DEVICE_MISSING'],
  ['open(netns)', 'ENOENT', 'NETNS_MISSING'],
  ['setns', 'EPERM', 'NETNS_PERMISSION'],
  ['bind', 'EADDRNOTAVAIL', 'VTEP_ADDRESS'],
  ['bind', 'EADDRINUSE', 'VTEP_BUSY'],
  ['bind', 'ENOBUFS', 'IFACE_FAILED'],
];

describe('what the system says', () => {
  for (const [syscall, code, expected] of addon) {
    test(`${syscall} ${code} is ${expected}`, () => {
      const thrown = Object.assign(new Error(`${syscall}: failed`), { code, errno: 1, syscall, iface: 'wr0' });
      const error = fromAddonError(thrown, 'gateway.yaml ifaces[0]');
      assert.equal(error.code, expected);
      assert.match(error.message, /wr0.*gateway\.yaml ifaces\[0\]/);
      assert.equal(error.cause, thrown);
    });
  }

  test('who has a port is told where the addon knows it', () => {
    const said = 'cannot open a tunnel endpoint at 192.0.2.1: UDP port 4789 is in use by pid 4711 "node main.js run"';
    const fields = { code: 'EADDRINUSE', errno: 98, syscall: 'bind', iface: '192.0.2.1' };
    assert.match(
      fromAddonError(Object.assign(new Error(said), fields), 'host.vtep').message,
      /^no tunnel endpoint can be opened at 192\.0\.2\.1 \(bind EADDRINUSE, pid 4711 "node main\.js run", host\.vtep\): another gateway or program has UDP port 4789 there\.$/,
    );
  });

  test('an addon that is not built, another Node, and no error at all', () => {
    assert.equal(
      fromAddonError(Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' })).code,
      'ADDON_MISSING',
    );
    assert.equal(fromAddonError(Object.assign(new Error('wrong version'), { code: 'ERR_DLOPEN_FAILED' })).code, 'ADDON_MISSING');
    assert.equal(fromAddonError(undefined).code, 'IFACE_FAILED');
    const known = new WindroseError('TAP_BUSY', 'a');
    assert.equal(fromAddonError(known), known);
  });

  test('some are of the process, whatever the device; the others are of the one device', () => {
    const of = (syscall: string, code: string) =>
      isOfProcess(fromAddonError(Object.assign(new Error(), { code, syscall, iface: 'a' })));
    assert.deepEqual(
      addon.filter(([syscall, code]) => of(syscall, code)).map(([, , expected]) => expected),
      [
        ...['TUN_MISSING', 'TUN_MISSING', 'TUN_FORBIDDEN', 'TAP_PERMISSION'],
        ...['PACKET_PERMISSION', 'DEVICE_PERMISSION', 'NETNS_PERMISSION'],
      ],
    );
  });

  test('only errors of the addon are taken for such', () => {
    const error = (fields: object) => Object.assign(new Error('Cannot find module "windrose.node"'), fields);
    assert.equal(isAddonError(error({ syscall: 'bind', iface: 'a', code: 'ENXIO' })), true);
    assert.equal(isAddonError(error({ code: 'MODULE_NOT_FOUND' })), true);
    assert.equal(isAddonError(error({ code: 'EADDRINUSE', syscall: 'listen' })), false);
    assert.equal(isAddonError(undefined), false);
  });

  test('metrics address and control socket', () => {
    const error = (code: string) => Object.assign(new Error(code), { code });
    assert.equal(fromMetricsError(error('EADDRINUSE'), '127.0.0.1:9473').code, 'METRICS_IN_USE');
    assert.equal(fromMetricsError(error('EADDRNOTAVAIL'), '9.9.9.9:1').code, 'METRICS_ADDRESS');
    assert.equal(fromControlError(error('ECONNREFUSED'), '/run/x.sock').code, 'CONTROL_SILENT');
    const late = fromControlError(Object.assign(new Error('10 s'), { code: 'ETIMEDOUT' }), '/run/x.sock');
    assert.deepEqual([late.code, late.message.includes('runs, and did not answer in time (10 s)')], ['CONTROL_LATE', true]);
    assert.equal(fromControlError(error('EACCES'), '/run/x.sock').code, 'CONTROL_FORBIDDEN');
  });
});
