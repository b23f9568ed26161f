import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { segmentOf } from '../../src/cli/superFrame.js';
import { ingressFilter, portFilter } from '../../src/cli/traceTask.js';
import { controlApi } from '../../src/control/controlApi.js';
import { ControlSocket } from '../../src/control/socket.js';
import { traceFrame } from '../../src/control/trace/trace.js';
import { isFault } from '../../src/types/parsed.js';
import type { IfaceRow } from '../../src/types/show.js';
import type { TraceAnswer } from '../../src/types/trace.js';
import { windrose } from '../cli/program.js';
import { arp, eth, icmp, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import { makeGateway } from './made.js';

const { shown } = makeGateway();
const mac = (name: string): string => {
  const rif = shown.built.rifs.findIndex(({ config }) => config.name === name);
  return Array.from(shown.built.snapshot.rifs.macs.subarray(rif * 8, rif * 8 + 6), (o) => o.toString(16).padStart(2, '0')).join(
    ':',
  );
};
const LAN = eth({ dst: mac('lan'), src: '02:00:00:00:00:77' });

function saidOf(iface: string, frame: Uint8Array, segment = 0): TraceAnswer {
  const answer = traceFrame(shown, iface, frame, segment);
  assert.ok(!isFault(answer), JSON.stringify(answer));
  return answer.value;
}
const step = ({ steps }: TraceAnswer, name: string): string | undefined => steps.find((one) => one.step === name)?.found;

describe('a captured frame', () => {
  test('MET-4 is judged by its own octets: options, TOS, sender and what changes', () => {
    const said = saidOf(
      'lan',
      packet(LAN, ipv4({ src: '10.0.1.5', dst: '100.10.9.9', tos: 0x28, options: [1, 1, 1, 0] }), udp({ sport: 5, dport: 53 })),
    );
    assert.equal(step(said, 'packet'), 'udp 10.0.1.5:5 > 100.10.9.9:53, 32 octets, TTL 64, TOS 0x28');
    assert.equal(said.frame!.before.sourceMac, '02:00:00:00:00:77');
    assert.deepEqual(
      [said.frame!.after.tos, said.frame!.after.source, said.frame!.after.destinationPort],
      [0x28, '100.10.2.1', 53],
    );
  });
  test('that is not IPv4 has a verdict and no steps', () => {
    const asked = saidOf('lan', packet(eth({}), arp({ op: 1, senderIp: '10.0.0.9', targetIp: '10.0.0.1' })));
    assert.deepEqual([asked.verdict, asked.steps.length, asked.frame], ['arp_answered', 0, null]);
    assert.equal(saidOf('lan', packet(eth({ dst: mac('lan'), type: 0x86dd }), new Uint8Array(46))).verdict, 'ipv6_unsupported');
  });
  test('that is damaged is told as far as it can be read', () => {
    const said = saidOf('lan', packet(LAN, ipv4({ src: '10.0.1.5', dst: '100.10.9.9', checksum: 1 }), udp({ dport: 53 })));
    assert.deepEqual([said.verdict, said.steps.map((one) => one.step)], ['ip_checksum', ['iface']]);
    assert.equal(
      saidOf('lan', packet(eth({ dst: '02:99:00:00:00:01' }), ipv4({ src: '10.0.1.5' }), udp())).verdict,
      'not_for_us',
    );
  });
  test('in pieces: the first one is told, a later one depends on it', () => {
    const ends = { src: '10.0.1.5', dst: '100.10.9.9' };
    const first = saidOf('lan', packet(LAN, ipv4({ ...ends, mf: true }), udp({ sport: 5, dport: 53 }), new Uint8Array(16)));
    assert.match(step(first, 'packet')!, /, first of several fragments$/);
    assert.equal(first.verdict, 'queued');
    const later = saidOf('lan', packet(LAN, ipv4({ ...ends, offset: 1480, protocol: 17 }), new Uint8Array(16)));
    assert.deepEqual([later.verdict, later.dropped], ['undecided', false]);
    assert.match(later.says, /the way of the first one/);
  });
  test('of a VLAN comes in by its interface, whatever the device is called', () => {
    const frame = packet(
      eth({ dst: mac('wan7') }),
      vlan({ id: 7 }),
      ipv4({ src: '100.7.0.9', dst: '100.10.2.1' }),
      tcp({ flags: 'S' }),
    );
    assert.match(step(saidOf('wan7', frame), 'iface')!, /^wan7: packet t2, VLAN 7, outside/);
    const refused = traceFrame(shown, 'wan7', packet(eth({}), ipv4({}), udp()), 0);
    assert.match(isFault(refused) ? refused.fault : '', /^wan7 is VLAN 7; a frame with another tag comes in by trunk/);
    const unknown = traceFrame(shown, 'nowhere', frame, 0);
    assert.equal(isFault(unknown) && unknown.missing, true);
  });
  test('an ICMP error names the packet it is about', () => {
    const quoted = [ipv4({ src: '100.10.2.1', dst: '9.9.9.9' }), udp({ sport: 7, dport: 53 })];
    const said = saidOf(
      'wan',
      packet(eth({ dst: mac('wan') }), ipv4({ src: '9.9.9.9', dst: '100.10.2.1' }), icmp({ type: 3, code: 3 }), ...quoted),
    );
    assert.match(step(said, 'packet')!, /^icmp 3\/3 about \{udp 100\.10\.2\.1:7 > 9\.9\.9\.9:53\} 9\.9\.9\.9 > 100\.10\.2\.1/);
    assert.equal(said.verdict, 'icmp_error');
  });
  test('a super-frame fits by its segments', () => {
    const frame = packet(LAN, ipv4({ src: '10.0.1.5', dst: '100.10.9.9', df: true }), tcp({ flags: 'S' }), new Uint8Array(4000));
    assert.equal(segmentOf(frame, 1500), 1460);
    assert.equal(segmentOf(frame, 9000), 0);
    assert.match(step(saidOf('lan', frame), 'size')!, /4040 octets, MTU 1500: too big/);
    assert.match(step(saidOf('lan', frame, 1460), 'size')!, /1500 octets, MTU 1500: fits/);
  });
  test('a super-frame stays whole where the way out takes it, and is cut where not', () => {
    const ends = ipv4({ src: '10.0.1.5', dst: '100.10.9.9', df: true });
    const whole = saidOf('lan', packet(LAN, ends, tcp({ flags: 'S' }), new Uint8Array(4000)), 1460);
    assert.match(whole.says, /Leaves by wan as tcp .* It stays a super-frame, of 3 segments\./i);
    // The devices of this gateway take none of UDP.
    const cut = saidOf('lan', packet(LAN, ends, udp({ sport: 5, dport: 53 }), new Uint8Array(4000)), 1472);
    assert.match(cut.says, /Leaves by wan in 3 segments as udp .* The super-frame is cut: wan takes none\./i);
  });
  test('of a segment it is said that it may leave as part of a super-frame, unless nothing is joined', () => {
    const data = packet(LAN, ipv4({ src: '10.0.1.5', dst: '100.10.9.9', df: true }), tcp({ flags: 'S' }), new Uint8Array(100));
    const plain = packet(LAN, ipv4({ src: '10.0.1.5', dst: '100.10.9.9' }), udp({ sport: 5, dport: 53 }), new Uint8Array(100));
    const joined = /With others of its flow that come in the same burst it leaves as one super-frame\./;
    assert.doesNotMatch(saidOf('lan', data).says, joined, 'a SYN is not');
    assert.doesNotMatch(saidOf('lan', plain).says, joined, 'no super-frames of UDP');
    const all = { rx: [], tx: ['csum', 'tso', 'uso'], coalesce: true };
    const withUso = { ...shown, links: { ...shown.links, offloads: () => all } };
    const said = traceFrame(withUso, 'lan', plain, 0);
    assert.ok(!isFault(said));
    assert.match(said.value.says, joined);
    const none = traceFrame(
      { ...shown, links: { ...shown.links, offloads: () => ({ ...all, coalesce: false }) } },
      'lan',
      plain,
      0,
    );
    assert.ok(!isFault(none));
    assert.doesNotMatch(none.value.says, joined);
  });
});

test('what the gateway sends itself is not what comes in', () => {
  const row = { name: 'lan', device: 't0', netns: '', vlan: 0, mac: '02:00:00:00:00:01' } as IfaceRow;
  const tagged = { ...row, name: 'v7', vlan: 7, mac: '02:00:00:00:00:07' };
  const other = { ...row, name: 'wan', device: 't1', mac: '02:00:00:00:00:09' };
  const own = 'not ether src 02:00:00:00:00:01 and not ether src 02:00:00:00:00:07';
  assert.equal(ingressFilter([row, tagged, other], row, ''), own);
  const ofPort = '(ether src fa:16:3e:00:0a:01 or not (ether dst fa:16:3e:00:0a:01 or ether multicast))';
  assert.equal(portFilter({ mac: 'fa:16:3e:00:0a:01' }, ''), ofPort);
  assert.equal(portFilter({ mac: 'fa:16:3e:00:0a:01' }, 'udp or arp'), `${ofPort} and (udp or arp)`);
  assert.equal(ingressFilter([row, tagged, other], row, 'udp or arp'), `${own} and (udp or arp)`);
  assert.equal(ingressFilter([row, tagged, other], tagged, 'udp or arp'), `${own} and vlan 7 and (udp or arp)`);
});

describe('POST /v1/trace', () => {
  const directory = mkdtempSync(join(tmpdir(), 'windrose-traceframe-'));
  const path = join(directory, 'a.sock');
  let socket: ControlSocket;
  before(async () => {
    const never = async (): Promise<never> => assert.fail('nothing is changed');
    socket = await ControlSocket.listen(
      path,
      controlApi(shown, () => assert.fail(), {
        reload: never,
        count: never,
        purge: never,
        activate: never,
        objects: { apply: never, remove: never, drain: never, entries: never },
      }),
    );
  });
  after(async () => {
    await socket.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const post = (
    target: string,
    body: Uint8Array,
    headers: Record<string, string> = {},
  ): Promise<[number, { error?: string; verdict?: string }]> =>
    new Promise((resolve, reject) => {
      const asked = request(
        { socketPath: path, path: target, method: 'POST', headers: { 'content-length': String(body.length), ...headers } },
        (response) => {
          let text = '';
          response.on('data', (part) => {
            text += part;
          });
          response.on('end', () => resolve([response.statusCode!, JSON.parse(text)]));
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });
  const frame = packet(LAN, ipv4({ src: '10.66.0.1', dst: '10.66.0.9' }), udp({ dport: 53 }));

  test('MET-4 takes a frame and answers as to words', async () => {
    const [status, said] = await post('/v1/trace?iface=lan', frame);
    assert.deepEqual([status, said.verdict], [200, 'route_blackhole']);
  });
  const refused: readonly (readonly [string, Uint8Array, number, RegExp])[] = [
    ['/v1/trace?iface=lan', new Uint8Array(0), 400, /has 0 octets; an Ethernet header has 14/],
    ['/v1/trace?iface=lan', new Uint8Array(13), 400, /has 13 octets/],
    ['/v1/trace?iface=lan', new Uint8Array(65_554), 413, /more than 65553 octets/],
    ['/v1/trace', frame, 400, /interface is missing/],
    ['/v1/trace?iface=nowhere', frame, 404, /no interface "nowhere"/],
    ['/v1/trace?iface=lan&proto=udp', frame, 400, /"proto" is no word of a frame/],
    ['/v1/trace?iface=lan&segment=-1', frame, 400, /segment: "-1"/],
    ['/v1/reload', frame, 413, /carry no body/],
    ['/v1/traces', frame, 413, /carry no body/],
  ];
  for (const [target, body, status, says] of refused) {
    test(`${target} with ${body.length} octets is ${status}`, async () => {
      const [answered, { error }] = await post(target, body);
      assert.equal(answered, status);
      assert.match(error!, says);
    });
  }
  test('any octets are a frame, and the largest too', async () => {
    assert.equal((await post('/v1/trace?iface=lan', new Uint8Array(14)))[0], 200);
    assert.equal((await post('/v1/trace?iface=lan', new Uint8Array(65_553).fill(0x45)))[0], 200);
  });
});

describe('trace --iface', () => {
  for (const [args, says] of [
    [['--iface', 'lan', 'lan'], /"lan" beside it describes another packet/],
    [['--iface', 'lan', '--packet', 'in=lan'], /"--packet" beside it/],
    [['--iface', 'lan', '--ttl', '3'], /"--ttl" beside it/],
    [['--count', '3', 'lan', 'tcp', '1.1.1.1:1', '2.2.2.2:2'], /--count is for frames as they come in/],
    [['--iface', 'lan', '--count', '0'], /--count/],
    [['--iface', 'lan', '--timeout', 'x'], /--timeout/],
  ] as const) {
    test(`"${args.join(' ')}" is 2`, async () => {
      const { code, stderr } = await windrose('trace', ...args);
      assert.equal(code, 2);
      assert.match(stderr, says);
    });
  }
  test('without a gateway it says so', async () => {
    const { code, stderr } = await windrose('trace', '--iface', 'lan', '--socket', '/nowhere/x.sock');
    assert.equal(code, 1);
    assert.match(stderr, /^windrose: no gateway answers /);
  });
});
