import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { traceText } from '../../src/cli/traceText.js';
import { trace } from '../../src/control/trace/trace.js';
import { isFault } from '../../src/types/parsed.js';
import { parseTrace, type TraceRequest } from '../../src/types/trace.js';
import { packetWords } from '../../src/types/tracePacket.js';
import { makeGateway } from '../control/made.js';
import { windrose } from './program.js';

const SOUND = 'in=lan,src=10.0.1.5,dst=100.10.9.9,proto=udp,dport=53';

function requestOf(packet: string): TraceRequest {
  const words = packetWords(packet);
  assert.ok(!isFault(words), `${packet}: ${JSON.stringify(words)}`);
  const request = parseTrace(words.value);
  assert.ok(!isFault(request), `${packet}: ${JSON.stringify(request)}`);
  return { ...request.value, source: request.value.source! };
}

describe('trace --packet', () => {
  test('takes every key, with blanks around, and chooses a source port', () => {
    const full = requestOf(
      'in = lan , src=1.1.1.1,dst=2.2.2.2,proto=tcp,sport=5,dport=443,ttl=9,tos=0x28,len=1400,df,vlan=7,flags=SA',
    );
    const { iface, sourcePort, destinationPort, ttl, tos, length, dontFragment, vlan, tcpFlags } = full;
    assert.deepEqual(
      [iface, sourcePort, destinationPort, ttl, tos, length, dontFragment, vlan, tcpFlags],
      ['lan', 5, 443, 9, 40, 1400, true, 7, 18],
    );
    assert.equal(requestOf(SOUND).sourcePort, 49_152);
    assert.equal(requestOf('in=lan,src=1.1.1.1,dst=2.2.2.2,proto=icmp,id=9').sourcePort, 9);
    assert.equal(requestOf('in=lan,src=1.1.1.1,dst=2.2.2.2,proto=gre,df=0').dontFragment, false);
  });

  const faulty: readonly (readonly [string, RegExp])[] = [
    ['', /^windrose: a packet is made of KEY=VALUE with commas between; keys are in, src, dst, proto, sport, /],
    ['network=blue,dst=2.2.2.2,proto=udp,dport=1', /^windrose: src is missing: write src=\.\.\., an IPv4 address\./],
    ['in=lan,dst=2.2.2.2,proto=udp,dport=1,sport=70000', /^windrose: the source ":70000" has a port that is not 0 to 65535/],
    ['web', /^windrose: "web" has no "=": a packet is made of KEY=VALUE with commas between; keys are in, /],
    ['in=web,port=99', /^windrose: "port" is no key of a packet \(dport and sport are\); there are in, /],
    ['in=lan,src=1.1.1.1,dst=2.2.2.2', /^windrose: proto is missing: write proto=\.\.\., tcp, udp, icmp, or another/],
    ['in=lan,src=1.1.1.1,dst=2.2.2.2,proto=udp', /^windrose: dport is missing/],
    [`${SOUND},prot=5`, /^windrose: "prot" is no key of a packet; there are in, src, dst, proto, sport, dport, id, /],
    [`${SOUND},sport`, /^windrose: sport has no value: write sport=/],
    [`${SOUND},sport=`, /^windrose: sport is empty: it is a port from 0 to 65535/],
    [`${SOUND},sport=65536`, /^windrose: the source .* port that is not 0 to 65535/],
    [`${SOUND},dport=54`, /^windrose: dport is given twice/],
    [`${SOUND},,`, /^windrose: the packet has a comma too many/],
    [`${SOUND},id=4`, /^windrose: id is of ICMP only/],
    [`${SOUND},len=27`, /^windrose: len: "27" is not a whole number from 28 to 65535/],
    [`${SOUND},tos=256`, /^windrose: tos: "256" is not a whole number from 0 to 255/],
    [`${SOUND},flags=S`, /^windrose: flags are of TCP only/],
    ['in=lan,src=1.1.1.1:5,dst=2.2.2.2,proto=udp,dport=1', /^windrose: src: "1\.1\.1\.1:5" is not an IPv4 address/],
    ['in=lan,src=1.1.1.1,dst=2.2.2.2,proto=icmp,sport=1', /^windrose: sport is of tcp and udp only; icmp has id/],
    ['in=lan,src=1.1.1.1,dst=2.2.2.2,proto=upd,dport=1', /^windrose: the protocol "upd" is not one of icmp, tcp, udp, /],
  ];
  for (const [packet, says] of faulty) {
    test(`"${packet}" is refused before the gateway is asked`, async () => {
      const { code, stderr } = await windrose('trace', '--packet', packet, '--socket', '/nowhere');
      assert.equal(code, 2);
      assert.match(stderr, says);
    });
  }

  test('stands alone', async () => {
    for (const [words, says] of [
      [['lan'], /"lan" beside it is too much/],
      [['--length', '99'], /in place of --length write len=/],
      [['--df'], /in place of --df write df=/],
    ] as const) {
      const { code, stderr } = await windrose('trace', '--packet', SOUND, ...words);
      assert.equal(code, 2);
      assert.match(stderr, says);
    }
    const none = await windrose('trace');
    assert.deepEqual([none.code, /missing required argument 'iface'.*--packet/.test(none.stderr)], [2, true]);
    const few = await windrose('trace', 'port', '99');
    assert.match(
      few.stderr,
      /argument 'from': "port" is taken as the interface, "99" is taken as the protocol; it is IFACE PROTO FROM TO, as/,
    );
  });

  test('every packet of help and documents can be read', () => {
    const root = new URL('../../../', import.meta.url);
    const found = ['src/cli/help/trace.txt', 'docs/operations.md'].flatMap((path) =>
      [...readFileSync(new URL(path, root), 'utf8').matchAll(/--packet '?([^\s'`]+)'?/g)].map((one) => one[1]!),
    );
    assert.ok(found.length >= 3);
    for (const packet of found) requestOf(packet);
  });
});

describe('the frame as it leaves', () => {
  const answerOf = (packet: string) => {
    const answer = trace(makeGateway().shown, requestOf(packet));
    assert.ok(!isFault(answer));
    return answer.value;
  };

  test('has a line for each header that changes, and what is not known yet says so', () => {
    const text = traceText(answerOf(`${SOUND},sport=5,tos=0x28`));
    assert.match(text, /^frame +eth +source \(its\) -> [0-9a-f:]{17}, destination [0-9a-f:]{17} -> /m);
    assert.match(text, /^ +ipv4 +source 10\.0\.1\.5 -> 100\.10\.2\.1, ttl 64 -> 63$/m);
    assert.match(text, /^ +udp +source port 5 -> chosen when the session is made$/m);
    assert.doesNotMatch(text, /vlan|dscp|length/);
  });

  test('says which tag it comes with and leaves without', () => {
    const { frame } = answerOf('in=wan7,src=100.7.0.9,dst=100.10.9.9,proto=udp,dport=53');
    assert.equal(frame, null, 'what is dropped leaves no frame');
    const out = answerOf('in=lan,src=10.0.1.5,dst=100.7.0.9,proto=icmp,id=7,ttl=3');
    assert.deepEqual([out.frame?.before.vlan, out.frame?.after.vlan], [0, 7]);
    assert.match(traceText(out), /^ +vlan id untagged -> 7$/m);
    assert.match(traceText(out), /^ +icmp identifier 7 -> chosen when the session is made$/m);
    assert.deepEqual([out.frame?.before.icmpId, out.frame?.after.ttl, out.frame?.after.tos], [7, 2, 0]);
  });
});

test('a long line is broken behind its items, and what is to be typed is not', () => {
  const item = (i: number): string => `${i}: from 10.0.0.0/24 lookup table${i} -> no match`;
  const found = [1, 2, 3, 4, 5].map(item).join('; ');
  const ask = `windrose trace --packet ${'x'.repeat(130)} --name h2`;
  const says = `${'word '.repeat(30)}end. After it.`;
  const lines = traceText({ steps: [{ step: 'rules', found }], verdict: 'routed', says, look: '', frame: null, ask }).split('\n');
  assert.deepEqual(lines.slice(0, 3), [
    `rules    ${item(1)}; ${item(2)};`,
    `         ${item(3)}; ${item(4)};`,
    `         ${item(5)}`,
  ]);
  assert.equal(
    lines.find((line) => line.startsWith('go on')),
    `go on    ${ask}`,
  );
  assert.ok(
    lines.every((line) => line.length <= 120 || line.startsWith('go on')),
    lines.join('\n'),
  );
  assert.equal(
    lines
      .slice(3, -2)
      .map((line) => line.slice(9))
      .join(' '),
    `routed. ${says}`,
  );
  const long = traceText({
    steps: [{ step: 'a', found: 'y'.repeat(300) }],
    verdict: 'v',
    says: '',
    look: '',
    frame: null,
    ask: '',
  });
  assert.ok(long.includes('y'.repeat(300)));
});
