import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startedStatus } from '../../src/control/reload/status.js';
import { SessionCensus } from '../../src/control/sessionCensus.js';
import { showInsideHosts } from '../../src/control/show/insideHosts.js';
import { showMappings } from '../../src/control/show/mappings.js';
import { showPools } from '../../src/control/show/pools.js';
import { selectSessions } from '../../src/control/show/selectSessions.js';
import { showSessions } from '../../src/control/show/sessions.js';
import type { Shown } from '../../src/control/show/shown.js';
import { showStatics } from '../../src/control/show/statics.js';
import { showTop } from '../../src/control/show/top.js';
import { showZones } from '../../src/control/show/zones.js';
import { isFault } from '../../src/types/parsed.js';
import { type SelectorWord, selectorsOf } from '../../src/types/selectors.js';
import { echoOut, tcpOut, udpOut } from '../support/flows.js';
import { eth, ipv4, packet, raw } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { GW } from '../support/sample.js';
import { Team } from '../support/team.js';
import { macOf } from '../support/worldParts.js';

const yaml = `
name: test
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan]
zones:
  - name: tenants
    match: 10.0.0.0/24
    localAddresses: [192.0.2.10]
    ports: 1024-1033
    pooling: rr-host
    mapping: { tcp: apdm, udp: eim, icmp: eim }
    overload: true
    hostLimits: { sessions: 100, ports: 50, halfOpen: off, newSessions: 10/s burst 20 }
staticMappings:
  - { name: mail, external: 192.0.2.50, inside: 10.0.0.50 }
  - { protocol: tcp, external: "192.0.2.10:1033", inside: "10.0.0.60:8443" }
timers: { allowShort: true, udpUnanswered: 120s, tcpHalfOpen: 240s }
`;

/** What main shows of workers in memory. */
function shownOf(team: Team): Shown {
  const [first] = team.members;
  const states = team.members.map(({ state }) => state);
  const { built } = first!;
  const census = new SessionCensus(states, undefined, async () => {});
  const absent = { configFile: '', links: undefined, pulse: undefined, events: undefined } as unknown as Shown;
  return { ...absent, built, states, index: first!.index, reloads: startedStatus(0), census };
}

function filter(words: string) {
  const found = selectSessions(new URLSearchParams(words), new Map([['tenants', 0]]));
  assert.ok(!isFault(found));
  return found.value;
}

test('an unknown zone is told the zones there are, and static where sessions are selected by it', () => {
  const fault = (zones: string[], words?: readonly SelectorWord[]): string => {
    const named = new Map(zones.map((name, slot) => [name, slot]));
    const found = selectSessions(new URLSearchParams('zone=nosuch'), named, [], words);
    assert.ok(isFault(found));
    return found.fault;
  };
  const said = 'zone: "nosuch" is no zone this gateway has or had';
  assert.equal(fault(['a', 'b']), `${said}; there are a, b, static (static mappings)`);
  assert.equal(fault(['a'], selectorsOf.mappings), `${said}; there are a, static (static mappings)`);
  assert.equal(fault([]), `${said}; there are static (static mappings)`);
  assert.equal(fault([...'abcdefghi']), `${said}; there are a, b, c, d, e, f, g, h, ..., static (static mappings)`);
  assert.equal(fault(['a'], selectorsOf['inside-hosts']), `${said}; there are a`);
  assert.equal(fault([], selectorsOf['inside-hosts']), said);
});

const gre = (from: string): Uint8Array =>
  packet(
    eth({ dst: GW.lan, src: macOf(from) }),
    ipv4({ src: from, dst: '198.51.100.7', protocol: 47 }),
    raw(new Uint8Array([0, 0, 8, 0, 1, 2, 3, 4])),
  );

for (const workers of [1, 2])
  describe(`what an operator sees of the NAT, with ${workers} worker(s)`, () => {
    const team = new Team(workers, new Dice(7), { yaml });
    const shown = shownOf(team);
    // One inside port with three remotes; another host; nine ports, all shared by the tenth TCP session; static ones.
    for (const remote of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) team.push('lan', udpOut('10.0.0.5', 4000, remote));
    team.push('lan', udpOut('10.0.0.6', 4000, '198.51.100.1'));
    team.push('lan', echoOut('10.0.0.5', 9));
    for (let port = 1; port <= 9; port++) team.push('lan', tcpOut('10.0.0.7', port, 'S'));
    team.settle();
    team.push('lan', tcpOut('10.0.0.7', 10, 'S', '198.51.100.9'));
    team.push('lan', gre('10.0.0.50'));
    team.push('lan', tcpOut('10.0.0.50', 77, 'S'));
    team.push('lan', tcpOut('10.0.0.60', 8443, 'S'));
    team.settle();

    test('zones and pools: sessions are not ports; ports of static mappings are none to hand out; shared ones', () => {
      const [zone] = showZones(shown);
      assert.deepEqual(zone!.nat, {
        pooling: 'rr-host',
        tcp: { mapping: 'apdm', filtering: 'apdf', overload: true },
        udp: { mapping: 'eim', filtering: 'adf', overload: true },
        icmp: { mapping: 'eim', filtering: 'adf', overload: true },
      });
      const [pool] = showPools(shown);
      assert.deepEqual(pool!.ports, {
        tcp: { used: 9, held: 0, free: 0, capacity: 9, sessions: 10, shared: 1 },
        udp: { used: 2, held: 0, free: 8, capacity: 10, sessions: 4, shared: 0 },
        icmp: { used: 1, held: 0, free: 65_535, capacity: 65_536, sessions: 1, shared: 0 },
      });
      assert.deepEqual([pool!.sessions, zone!.sessions, pool!.portsUsed], [15, 15, 12]);
    });

    test('a host with an external address of its own is under no zone; one with a single port mapped is', () => {
      const zones = (words: Parameters<typeof selectSessions>[0]) => {
        const filter = selectSessions(words, shown.index.zoneNames(), [], selectorsOf['inside-hosts'], new Map());
        if (isFault(filter)) assert.fail(filter.fault);
        return [...showInsideHosts(shown, 10, filter.value)].map(({ host, zone }) => `${host} ${zone}`).sort();
      };
      assert.deepEqual(zones(new URLSearchParams('zone=static')), ['10.0.0.50 static']);
      assert.deepEqual(
        zones(new URLSearchParams()).filter((row) => !row.endsWith(' tenants')),
        ['10.0.0.50 static'],
      );
      assert.ok(zones(new URLSearchParams('zone=tenants')).includes('10.0.0.60 tenants'));
      const [own] = [...showInsideHosts(shown, 10)].filter(({ host }) => host === '10.0.0.50');
      assert.deepEqual([own!.address, own!.limits.sessions, own!.sessions], ['', null, 2]);
    });

    test('sessions: flags, filtering, names of protocols, zone of static mappings', () => {
      const all = [...showSessions(shown, 100)];
      assert.equal(all.length, 18);
      const brief = (words: string) =>
        [...showSessions(shown, 100, filter(words))].map((row) =>
          [row.protocol, row.inside, row.zone, row.filtering, row.mapped, row.overlapped, row.static].join(' '),
        );
      assert.deepEqual(brief('proto=gre'), ['gre 10.0.0.50 static eif false false true']);
      assert.deepEqual(brief('proto=47'), brief('proto=gre'));
      assert.deepEqual(brief('zone=static').sort(), [
        'gre 10.0.0.50 static eif false false true',
        'tcp 10.0.0.50:77 static eif false false true',
        'tcp 10.0.0.60:8443 static eif false false true',
      ]);
      assert.deepEqual(brief('sport=10'), ['tcp 10.0.0.7:10 tenants apdf false true false']);
      assert.deepEqual(brief('src=10.0.0.6'), ['udp 10.0.0.6:4000 tenants adf true false false']);
      const external = all.find(({ protocol }) => protocol === 'gre')!;
      assert.deepEqual([external.external, external.remote], ['192.0.2.50', '198.51.100.7']);
    });

    test('mappings: one line each, with the sessions of it', () => {
      const rows = [...showMappings(shown, 100)].sort((a, b) => (a.inside < b.inside ? -1 : 1));
      assert.deepEqual(
        rows.map(({ protocol, inside, zone, filtering, sessions }) => [protocol, inside, zone, filtering, sessions]),
        [
          ['udp', '10.0.0.5:4000', 'tenants', 'adf', 3],
          ['icmp', '10.0.0.5:9', 'tenants', 'adf', 1],
          ['udp', '10.0.0.6:4000', 'tenants', 'adf', 1],
        ],
      );
      for (const { external } of rows) assert.match(external, /^192\.0\.2\.10:\d+$/);
      assert.equal([...showMappings(shown, 2)].length, 2);
      assert.equal([...showMappings(shown, 9, filter('src=10.0.0.6'))].length, 1);
    });

    test('LIM-1 LIM-2 hosts: what they have of what they may have, each once with any number of workers', () => {
      const rows = new Map([...showInsideHosts(shown, 100)].map((row) => [row.host, row]));
      assert.deepEqual([...rows.keys()].sort(), ['10.0.0.5', '10.0.0.50', '10.0.0.6', '10.0.0.60', '10.0.0.7']);
      assert.deepEqual(rows.get('10.0.0.7'), {
        host: '10.0.0.7',
        zone: 'tenants',
        router: '',
        sessions: 10,
        ports: { tcp: 10, udp: 0, icmp: 0 },
        halfOpen: 10,
        newSessionsLeft: 10,
        address: '192.0.2.10',
        limits: { sessions: 100, ports: 50, halfOpen: null, newPerSecond: 10 },
      });
      assert.deepEqual(rows.get('10.0.0.5')!.ports, { tcp: 0, udp: 1, icmp: 1 });
      assert.deepEqual([rows.get('10.0.0.5')!.sessions, rows.get('10.0.0.50')!.sessions], [4, 2]);
      assert.deepEqual(rows.get('10.0.0.50')!.ports, { tcp: 0, udp: 0, icmp: 0 });
      assert.deepEqual(
        [...showInsideHosts(shown, 9, filter('src=10.0.0.6'))].map(({ host }) => host),
        ['10.0.0.6'],
      );
    });

    test('static mappings with their live sessions', async () => {
      assert.deepEqual(await showStatics(shown), [
        { name: 'mail', protocol: 'any', external: '192.0.2.50', inside: '10.0.0.50', sessions: 2, router: '' },
        { name: '', protocol: 'tcp', external: '192.0.2.10:1033', inside: '10.0.0.60:8443', sessions: 1, router: '' },
      ]);
    });

    test('MET-1 MET-2 census: a port per mapping, mappings by protocol, other protocols', async () => {
      const census = await shown.census.current();
      assert.deepEqual(
        census.states.filter(({ count }) => count > 0).map(({ protocol, state, count }) => `${protocol} ${state} ${count}`),
        ['tcp syn_sent 12', 'udp unreplied 4', 'icmp open 1', 'other open 1'],
      );
      assert.deepEqual(
        census.mappings.map(({ count }) => count),
        [0, 2, 1],
      );
      const ports = showTop({ ...shown, census: { latest: () => census, current: async () => census } }).filter(
        ({ by }) => by === 'ports',
      );
      assert.deepEqual(
        ports.map(({ host, ports: held }) => `${host} ${held}`),
        ['10.0.0.7 10', '10.0.0.5 2', '10.0.0.6 1'],
      );
    });

    test('ZON-7 a session that is over leaves its port held, and no session, no mapping, no host', () => {
      team.advance(150_000);
      const { tcp, udp } = showPools(shown)[0]!.ports;
      assert.deepEqual([udp.used, udp.sessions, udp.held, tcp.sessions], [2, 0, 2, 10]);
      assert.deepEqual([...showMappings(shown, 9)], []);
      assert.deepEqual([...showInsideHosts(shown, 9, filter('src=10.0.0.6'))], []);
    });
  });
