import assert from 'node:assert/strict';
import { ping } from '../../../src/cli/demo/dsnat/traffic.js';
import { client, type Link, SERVER, server } from '../support/bed.js';
import { Protocol, readIpv4 } from '../support/packets.js';
import { pause, scenario } from '../support/scenario.js';
import type { Wire } from '../support/wire.js';

const lab: Link = { name: 'lab', host: 'lab', addresses: ['1.3.1.1/16'], routes: ['default via 1.3.100.1'] };
const links = [client, lab, server];
const IDENTIFIER = 4242;
const COUNT = 10;

/** Echo messages of one type that arrived: 8 asks, 0 answers. */
function echoes(wire: Wire, type: number) {
  return wire
    .collect()
    .flatMap(({ frame }) => readIpv4(frame) ?? [])
    .filter(({ protocol, l4 }) => protocol === Protocol.Icmp && l4[0] === type);
}

scenario(
  'Z17 two inside hosts ping with the same identifier and get their own replies only',
  { folder: 'ping', links },
  async (bed) => {
    const [lan, wan, labWire] = [bed.wire('lan'), bed.wire('wan'), bed.wire('lab')];
    // Different sizes, so that a reply that went to the wrong host shows.
    const pings = [
      ['client', 56],
      ['lab', 72],
    ].map(([host, octets]) => {
      const child = bed.sandbox.start(
        bed.netns(String(host)),
        `ping -e ${IDENTIFIER} -c ${COUNT} -i 0.05 -W 2 -s ${octets} ${SERVER}`,
      );
      let text = '';
      child.stdout!.on('data', (part) => {
        text += part;
      });
      return new Promise<string>((resolve) => child.on('close', () => resolve(text)));
    });
    for (const text of await Promise.all(pings)) {
      assert.match(text, new RegExp(`${COUNT} received, 0% packet loss`));
      assert.doesNotMatch(text, /DUP|duplicates|truncated/);
    }
    for (const [wire, address, octets] of [
      [lan, '1.1.1.1', 56],
      [labWire, '1.3.1.1', 72],
    ] as const) {
      const replies = echoes(wire, 0);
      assert.equal(replies.length, COUNT);
      for (const reply of replies)
        assert.deepEqual([reply.destination, reply.sourcePort, reply.l4.length - 8], [address, IDENTIFIER, octets]);
      assert.deepEqual(wire.verifyChecksums().wrong, []);
    }
    const asked = echoes(wan, 8);
    const identifiers = (octets: number) =>
      new Set(asked.filter(({ l4 }) => l4.length === octets + 8).map(({ sourcePort }) => sourcePort));
    assert.deepEqual([identifiers(56).size, identifiers(72).size], [1, 1]);
    assert.notDeepEqual(identifiers(56), identifiers(72), 'the identifiers differ on the outside');
    assert.deepEqual(wan.verifyChecksums().wrong, []);
  },
);

scenario(
  'what `npm start` pings with takes answers that are late for answers, and misses one that is lost',
  { folder: 'ping', links },
  async (bed) => {
    bed.on('client', `ping -c 1 -W 2 ${SERVER}`);
    const asking = ping(bed.netns('client'), SERVER, 20);
    await pause(300);
    bed.process.child.kill('SIGSTOP');
    await pause(1500);
    bed.process.child.kill('SIGCONT');
    const { sent, received } = await asking;
    assert.deepEqual([sent, received], [20, 20]);
    const cut = ping(bed.netns('client'), SERVER, 20);
    const lost = assert.rejects(cut, /^Error: [1-9]\d? of 20 pings to .* were lost$/);
    await pause(300);
    bed.on('server', 'tc qdisc add dev wan root pfifo limit 0');
    await pause(300);
    bed.on('server', 'tc qdisc del dev wan root');
    await lost;
  },
);
