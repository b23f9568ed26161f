import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import type { Shown } from '../../src/control/show/shown.js';
import { trace } from '../../src/control/trace/trace.js';
import { isFault } from '../../src/types/parsed.js';
import { parseTrace, type TraceAnswer } from '../../src/types/trace.js';
import { decode } from '../support/decode.js';
import { eth, ipv4, packet, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { quietLinks } from '../support/quietLinks.js';
import { Team } from '../support/team.js';

const yaml = `
name: traced
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: ["default via 192.0.2.254 dev wan"]
zones: [{ name: tenants, match: 10.0.0.0/24, localAddresses: [192.0.2.10], ports: 2000-2127 }]
staticMappings: [{ name: web, protocol: tcp, external: "192.0.2.61:80", inside: "10.0.0.6:80" }]
`;

/** A gateway of so many workers whose host 10.0.0.5:4000 has talked to 198.51.100.7:53; what a trace says of it. */
function gateway(workers: number): { port: number; ask: (...words: string[]) => TraceAnswer } {
  const team = new Team(workers, new Dice(7), { yaml });
  const ends = ipv4({ src: '10.0.0.5', dst: '198.51.100.7' });
  team.push('lan', packet(eth({ dst: '02:aa:00:00:00:01' }), ends, udp({ sport: 4000, dport: 53 })));
  team.settle();
  const [sent] = team.sent('wan').map(({ octets }) => decode(octets));
  const { config } = loadConfig(yaml, 'trace');
  const [first] = team.members;
  const built = buildSnapshot(config!, [1500, 1500], first!.index, 1, 1);
  const states = team.members.map(({ state }) => state);
  const shown = { built, states, index: first!.index, links: quietLinks } as unknown as Shown;
  const ask = (iface = '', proto = '', from = '', to = '', flags = ''): TraceAnswer => {
    const words = { iface, proto, from, to, ...(flags === '' ? {} : { flags }) };
    const request = parseTrace(new URLSearchParams(words));
    assert.ok(!isFault(request), JSON.stringify(request));
    const answer = trace(shown, request.value);
    assert.ok(!isFault(answer));
    return answer.value;
  };
  return { port: sent!.udp!.sport, ask };
}

function found({ steps }: TraceAnswer, step: string): string | undefined {
  return steps.find((one) => one.step === step)?.found;
}

test('FWD-4 a trace tells an inside source from outside from one that no sender may have', () => {
  const { ask } = gateway(1);
  const source = (from: string): string | undefined => found(ask('wan', 'udp', `${from}:53`, '192.0.2.10:2000'), 'source');
  assert.deepEqual(['10.0.0.6', '127.0.0.1', '192.0.2.10'].map(source), [
    '10.0.0.6 is an inside address',
    '127.0.0.1 no sender may have',
    '192.0.2.10 is one of our own',
  ]);
});

for (const workers of [1, 2]) {
  test(`MET-4 MAP-1 FIL-1 a trace tells of mappings and their filtering, ${workers} workers`, () => {
    const { port, ask } = gateway(workers);
    const joins = ask('lan', 'udp', '10.0.0.5:4000', '198.51.100.8:53');
    assert.equal(found(joins, 'mapping'), `10.0.0.5:4000 has 192.0.2.10:${port} (1 session), kept`);
    assert.equal(found(joins, 'host')?.split(',')[0], '10.0.0.5: 1 of 8192 sessions');
    const ends = joins.leaves ?? { source: '', sourcePort: 0 };
    if (joins.verdict === 'translated') assert.deepEqual([ends.source, ends.sourcePort], ['192.0.2.10', port]);
    assert.ok(['translated', 'queued'].includes(joins.verdict), joins.verdict);

    const stranger = ask('wan', 'udp', '198.51.100.8:53', `192.0.2.10:${port}`);
    assert.equal(stranger.verdict, 'filtered');
    assert.deepEqual(stranger.steps.at(-1), { step: 'filtering', found: 'adf: 198.51.100.8 was not talked to' });
    const friend = ask('wan', 'udp', '198.51.100.7:99', `192.0.2.10:${port}`);
    assert.equal(found(friend, 'filtering'), 'adf: 198.51.100.7 was talked to');
    assert.deepEqual([friend.leaves?.destination, friend.leaves?.destinationPort], ['10.0.0.5', 4000], JSON.stringify(friend));
  });

  test(`MET-4 HAI-1 HAI-5 STA-2 a trace follows a packet that turns back, ${workers} workers`, () => {
    const { port, ask } = gateway(workers);
    const kept = ask('lan', 'udp', '10.0.0.6:5', `192.0.2.10:${port}`);
    assert.equal(kept.verdict, 'filtered');
    assert.deepEqual(kept.steps.at(-1), { step: 'filtering', found: 'adf: 192.0.2.10 was not talked to' });
    const served = ask('lan', 'tcp', '10.0.0.5:7', '192.0.2.61:80');
    assert.equal(found(served, 'to'), '192.0.2.61 is the external address of static mapping web');
    assert.equal(found(served, 'hairpin'), 'turns back: then from 192.0.2.10 to 10.0.0.6:80');
    assert.equal(found(served, 'static'), 'web: tcp 192.0.2.61:80 is 10.0.0.6:80');
    assert.deepEqual([served.leaves?.destination, served.leaves?.source], ['10.0.0.6', '192.0.2.10'], JSON.stringify(served));
    const outside = ask('wan', 'tcp', '198.51.100.9:1', '192.0.2.61:80', 'S');
    assert.equal(found(outside, 'static'), 'web: tcp 192.0.2.61:80 is 10.0.0.6:80');
    assert.match(outside.says, /10\.0\.0\.6:80/);
  });
}
