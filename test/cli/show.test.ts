import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { nounOf } from '../../src/cli/nouns.js';
import { firstLines, windrose } from './program.js';
import { rows } from './showRows.js';

describe('nouns', () => {
  const meant = {
    ifaces: 'ifaces',
    iface: 'ifaces',
    neigh: 'neighbors',
    neighbour: 'neighbors',
    Routes: 'routes',
    route: 'routes',
    router: 'routers',
    network: 'networks',
    lp: 'lports',
    host: 'hosts',
    'inside-host': 'inside-hosts',
    z: 'zones',
    sess: 'sessions',
    worker: 'workers',
    d: 'drops',
    arp: 'neighbors',
  };
  for (const [word, noun] of Object.entries(meant)) test(`${word} is ${noun}`, () => assert.equal(nounOf(word), noun));
  for (const word of ['', 'x', 'rou'])
    test(`"${word}" is refused with the list`, () =>
      assert.throws(() => nounOf(word), { code: 'SHOW_UNKNOWN', remedy: /ifaces, neighbors, rules, routes/ }));
});

describe('show', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-show-'));
  const socket = join(directory, 'gw1.sock');
  let server: Server;
  const urls: string[] = [];
  /** In place of these rows. */
  const other: Record<string, unknown> = {};
  before(async () => {
    server = createServer((request, response) => {
      urls.push(request.url!);
      const noun = request.url?.replace('/v1/show/', '').replace(/\?.*/, '') as keyof typeof rows;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(other[noun] ?? rows[noun]));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
  });
  after(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  const shown = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await windrose('show', ...args, '--socket', socket);
    assert.deepEqual([code, stderr], [0, '']);
    return stdout;
  };

  test('ifaces', async () => {
    assert.equal(
      await shown('iface'),
      'NAME  KIND  DEVICE  ROLE    STATE  MAC                 MTU  ADDRESSES     RX  TX\n' +
        'lan   tap   wr-lan  inside  UP     02:00:00:00:00:01  1500  1.1.100.1/16  12   5\n',
    );
  });
  test('neighbors', async () => {
    assert.equal(await shown('neigh'), 'ADDRESS    DEV  LLADDR  STATE         AGE\n1.2.1.254  wan  -       INCOMPLETE  1m15s\n');
  });
  test('routes as ip-route(8) prints them', async () => {
    assert.equal(await shown('routes'), 'default via 1.2.1.254 dev wan \nblackhole 10.9.0.0/16 proto static \n');
    assert.equal(await shown('routes', 'table', 'all'), await shown('routes'));
  });
  test('rules as ip-rule(8) prints them', async () => {
    assert.equal(await shown('rules'), '5:\tfrom all tos 0x10 iif lan [detached] lookup main\n');
  });
  test('probes', async () => {
    assert.equal(
      await shown('nexthops'),
      'ADDRESS    DEV  STATE     RTT  ANSWERED  LOST\n' +
        '1.2.1.254  wan  UP       <1ms        0s     0\n' +
        '1.2.1.253  wan  UNKNOWN     -     never     1\n',
    );
    assert.match(await shown('probes', '-o', 'wide'), /EVERY +FAILS +RECOVERS +SENT +ANSWERS\n.* 1\.5s +3 +2 +10 +9\n/);
  });
  test('routes take a table and nothing else', async () => {
    for (const words of [['tabel', '5'], ['table'], ['table', '5', '6']]) {
      const { code, stderr } = await windrose('show', 'routes', ...words, '--socket', socket);
      assert.notEqual(code, 0);
      assert.match(stderr, /table NUMBER/);
    }
  });
  test('rules take a router and nothing else', async () => {
    for (const words of [['table', '5'], ['router'], ['router', 'r', 'router', 'r']]) {
      const { code, stderr } = await windrose('show', 'rules', ...words, '--socket', socket);
      assert.notEqual(code, 0);
      assert.match(stderr, /router NAME/);
    }
  });
  test('neighbors take a router and nothing else', async () => {
    await shown('neighbors', 'router', 'r');
    assert.equal(urls.at(-1), '/v1/show/neighbors?router=r');
    const { code, stderr } = await windrose('show', 'neighbors', 'dev', 'wan', '--socket', socket);
    assert.notEqual(code, 0);
    assert.match(stderr, /router NAME/);
  });
  test('no metadata: which key says where it is', async () => {
    const said = async (config: object): Promise<string> => {
      Object.assign(other, { metadata: [], config: [{ config }] });
      const { stdout, stderr } = await windrose('show', 'metadata', '--socket', socket);
      assert.equal(stdout, 'none\n');
      return stderr;
    };
    const refused = 'windrose: requests for metadata are refused:';
    assert.equal(await said({}), `${refused} the configuration has no host.\n`);
    assert.equal(await said({ host: {} }), `${refused} set host.metadata.endpoint in the configuration.\n`);
    assert.equal(await said({ host: { metadata: {} } }), '');
    for (const noun of Object.keys(other)) delete other[noun];
  });
  test('zones: a line for each, its addresses below it as ipvsadm -G lays them out', async () => {
    assert.equal(
      await shown('zones'),
      'ORDER  ZONE     MATCH       TOTAL  POOLING  ADDRESS    STATE   SESSIONS  PORTS  REFUSED\n' +
        '1      tenants  1.1.0.0/16      1  rr-host             active         2               7\n' +
        '                                            1.2.100.1  active         2   0.1%\n',
    );
    const wide = await shown('zones', '-o', 'wide');
    assert.match(wide, / rr-host {2}tcp:apdm\/apdf\/overload,udp:eim\/adf /);
    assert.match(wide, / tcp:1\/64512,udp:1\/64512,icmp:0\/65536 {2}tcp:64511,udp:64511,icmp:65536 {2}tcp:0,/);
  });
  test('pools: percent by protocol, never 0 while one is used', async () => {
    assert.equal(
      await shown('pools'),
      'ADDRESS    ZONE     STATE     SESSIONS    TCP   UDP  ICMP  HELD  SHARED  DRAINING\n' +
        '1.2.100.2  tenants  draining         3  99.0%  0.1%     -     1       1     1m15s\n',
    );
  });
  test('config as a file', async () =>
    assert.equal(await shown('config'), '# Generation 3, taken over 2026-01-02T03:04:05.000Z from /etc/gw.yaml\nname: gw1\n'));
  test('sessions, with their number on stderr', async () => {
    const { code, stdout, stderr } = await windrose('show', 'sess', '--socket', socket);
    assert.deepEqual([code, stderr], [0, '1 session: tcp 1\n']);
    assert.match(
      stdout,
      /^PROTO.*\ntcp {4}ESTABLISHED {2}1\.1\.1\.2:4000 {2}1\.2\.100\.1:2000 {2}9\.9\.9\.9:80 {2}M {8}0s {2}2h3m59s\n$/,
    );
  });
  test('selectors go to the gateway; others and halves are refused before', async () => {
    assert.equal(
      await shown('sessions', 'src', '1.1.0.0/16', 'PROTO', 'tcp', '-o', 'json'),
      `${JSON.stringify(rows.sessions, null, 2)}\n`,
    );
    assert.equal(urls.at(-1), '/v1/show/sessions?src=1.1.0.0%2F16&proto=tcp');
    for (const words of [
      ['sessions', 'from', '1.1.1.1'],
      ['sessions', 'src'],
      ['sessions', 'src', '1.1.1.1', 'src', '1.1.1.2'],
      ['zones', 'src', '1.1.1.1'],
    ]) {
      const { code, stderr } = await windrose('show', ...words, '--socket', socket);
      assert.equal(code, 2, words.join(' '));
      assert.match(stderr, /^windrose: cannot select by "/);
    }
  });
  test('--watch lists again and again until nobody reads', async () => {
    const { code, stdout } = await firstLines(['show', 'workers', '--watch', '0.1', '--socket', socket], 9);
    assert.equal(code, 0);
    assert.ok(stdout.split('every 0.1s').length > 3, stdout);
    assert.equal((await windrose('show', 'workers', '--watch', '0', '--socket', socket)).code, 2);
  });
  test('workers', async () => assert.match(await shown('workers'), / 12\.5% /));
  test('drops that happened, with wide where to look too', async () => {
    assert.doesNotMatch(await shown('drops'), /never/);
    assert.match(
      await shown('drops', '-o', 'wide'),
      / LOOK\nno_zone +4 +gateway .* zones\nreceive_queue +7 +kernel .* RX-DROPPED\n$/,
    );
  });
  test('json is what the gateway said', async () => assert.deepEqual(JSON.parse(await shown('zones', '-o', 'json')), rows.zones));

  test('nobody there is 1 with what to do', async () => {
    const { code, stderr } = await windrose('show', 'zones', '--socket', join(directory, 'none.sock'));
    assert.equal(code, 1);
    assert.match(stderr, /^windrose: no gateway answers on the control socket .*none\.sock \(ENOENT\)\. Start it with [^\n]*\n$/);
  });
  test('an unknown noun is 2 with the list', async () => {
    const { code, stderr } = await windrose('show', 'xyz');
    assert.equal(code, 2);
    assert.match(stderr, /^windrose: there is nothing called "xyz" to show\. One of: ifaces, [^\n]*\n$/);
  });
});
