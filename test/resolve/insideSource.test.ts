import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { Verdict } from '../../src/shared/verdict.js';
import { decode } from '../support/decode.js';
import { echoOut, inward, tcpOut, udpOut } from '../support/flows.js';
import { icmp, ipv4, packet, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { Team } from '../support/team.js';

/** From outside, with an inside address as source (FWD-4, RFC 2827): two inside subnets, behind a mapping that lets anybody in. */

const yaml = `
name: two
ifaces:
  - { name: lan, tap: t-lan, role: inside, mac: "02:aa:00:00:00:01", addresses: [10.0.0.1/24] }
  - { name: dmz, tap: t-dmz, role: inside, mac: "02:aa:00:00:00:03", addresses: [10.0.1.1/24] }
  - { name: wan, tap: t-wan, role: outside, mac: "02:aa:00:00:00:02", addresses: [192.0.2.1/24] }
routes: [default via 192.0.2.254 dev wan, 10.9.0.0/16 via 10.0.1.254 dev dmz]
zones: [{ name: all, match: 10.0.0.0/8, localAddresses: [192.0.2.10], mapping: eim, filtering: eif }]
staticMappings: [{ external: 192.0.2.50, inside: 10.0.0.50 }]
`;

for (const workers of [1, 2, 3]) {
  const team = (): [Team, (iface: string, frame: Uint8Array, out: string) => MemoryFrame[]] => {
    const t = new Team(workers, new Dice(workers * 17), { yaml });
    const pass = (iface: string, frame: Uint8Array, out: string): MemoryFrame[] => {
      t.push(iface, frame);
      t.settle();
      return t.sent(out);
    };
    return [t, pass];
  };

  test(`FWD-4 FIL-1 an inside source from outside opens nothing and turns no inside traffic: ${workers} workers`, () => {
    const [t, pass] = team();
    const sources = (frames: MemoryFrame[]): string[] => frames.map((f) => decode(f.octets).ipv4!.src);
    const { src, port } = mappingOf(pass('lan', udpOut('10.0.0.5', 514), 'wan'));
    for (const from of ['10.0.1.9', '10.0.0.6', '10.9.1.1'])
      for (const dst of [src, '192.0.2.50'])
        pass('wan', packet(inward(), ipv4({ src: from, dst }), udp({ sport: 5000, dport: port })), 'lan');
    pass('wan', packet(inward(), ipv4({ src: '10.0.1.9', dst: '192.0.2.50' }), tcp({ flags: 'S' })), 'lan');
    pass('wan', packet(inward(), ipv4({ src: '10.0.1.9', dst: '192.0.2.1' }), icmp({ type: 8 }), 'reflected'), 'dmz');
    assert.deepEqual([t.sessionCount, t.count(Verdict.DropMartianSource)], [1, 8]);
    assert.deepEqual([...t.sent('lan'), ...t.sent('dmz')], []);
    assert.deepEqual(sources(pass('lan', udpOut('10.0.0.5', 514, '10.0.1.9'), 'dmz')), ['10.0.0.5']);
    assert.deepEqual(sources(pass('dmz', udpOut('10.0.1.9', 5000, '10.0.0.5', { dport: 514 }), 'lan')), ['10.0.1.9']);
    t.check();
  });

  test(`FIL-4 an ICMP error of a router with such an address passes all the same: ${workers} workers`, () => {
    const [t, pass] = team();
    for (const frame of [udpOut('10.0.0.5', 514), tcpOut('10.0.0.50', 7, 'S'), echoOut('10.0.0.5', 9)]) {
      const told = pass('wan', tooBigFor(pass('lan', frame, 'wan')), 'lan').map(({ octets }) => decode(octets));
      assert.deepEqual(
        told.map((d) => [d.ipv4!.src, d.icmp!.type]),
        [['10.9.0.1', 3]],
      );
    }
    t.check();
  });
}

function mappingOf([frame]: MemoryFrame[]): { src: string; port: number } {
  const d = decode(frame!.octets);
  return { src: d.ipv4!.src, port: d.udp!.sport };
}

/** "Fragmentation needed" about what left, from a router on the way that has an address like those inside. */
function tooBigFor([frame]: MemoryFrame[]): Uint8Array {
  const d = decode(frame!.octets);
  return packet(
    inward(),
    ipv4({ src: '10.9.0.1', dst: d.ipv4!.src }),
    icmp({ type: 3, code: 4 }),
    frame!.octets.subarray(14, 14 + 28),
  );
}
