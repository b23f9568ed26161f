import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderListing } from '../../src/cli/listings.js';
import { nounOf } from '../../src/cli/nouns.js';
import { rows } from './showRows.js';

test('inside hosts: what they have of what they may have', () => {
  assert.equal(
    renderListing('inside-hosts', rows['inside-hosts'], false),
    'HOST     ZONE     SESSIONS     TCP     UDP    ICMP  HALF-OPEN\n' +
      '1.1.1.2  tenants   12/8192  7/4096  2/4096  0/4096          3\n',
  );
  assert.match(
    renderListing('inside-hosts', rows['inside-hosts'], true),
    / NEW-LEFT {2}NEW\/S {2}ADDRESS {4}ROUTER\n.* 3990 {3}2000 {2}1\.2\.100\.1 {2}-\n$/,
  );
});

test('mappings and static mappings', () => {
  assert.equal(
    renderListing('mappings', rows.mappings, true),
    'PROTO  INSIDE        EXTERNAL        FILTERING  SESSIONS  ZONE     ROUTER\n' +
      'udp    1.1.1.2:4000  1.2.100.1:2000  adf               3  tenants  -\n',
  );
  assert.equal(
    renderListing('statics', rows.statics, false),
    'NAME  PROTO  EXTERNAL        INSIDE         SESSIONS\n' +
      'mail  any    1.2.100.50      1.1.1.50              4\n' +
      '-     tcp    1.2.100.20:443  1.1.1.60:8443         0\n',
  );
});

test('flags of sessions: M mapped, O overlapped, S static', () => {
  const [session] = rows.sessions;
  const all = [
    { ...session!, overlapped: true },
    { ...session!, mapped: false, static: true },
    { ...session!, mapped: false },
  ];
  const lines = renderListing('sessions', all, false).trim().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(/ +/)[5]),
    ['FLAGS', 'MO', 'S', '-'],
  );
});

test('their nouns in singular and short', () => {
  assert.deepEqual(['inside-host', 'mapping', 'map', 'static', 'stat', 'bindings'].map(nounOf), [
    ...['inside-hosts', 'mappings', 'mappings', 'statics', 'statics', 'mappings'],
  ]);
});
