import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { Host, hostFind } from '../../src/tables/hosts.js';
import { decode } from '../support/decode.js';
import { inward, tcpOut, udpOut } from '../support/flows.js';
import { ipv4, packet, tcp, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { wireIp } from '../support/octets.js';
import { Team } from '../support/team.js';
import { worldTest } from '../support/world.js';
import { natZone } from './natZone.js';

/** What senders from outside, who may be invented, can use of a host's limits. */

const OPEN = 'localAddresses: [192.0.2.10], mapping: eim, filtering: eif';

for (const workers of [1, 2, 3])
  for (const [kind, limit] of [
    ['SYNs', 'halfOpen: 8'],
    ['SYNs', 'sessions: 8'],
    ['datagrams', 'sessions: 8'],
  ] as const)
    test(`DOS-3 EXH-1 LIM-1 ${kind} from anywhere to a mapping leave its host a quarter of ${limit}: ${workers} workers`, () => {
      const t = new Team(workers, new Dice(workers * 7), { yaml: natZone(`${OPEN}, hostLimits: { ${limit} }`) });
      const isTcp = kind === 'SYNs';
      const own = (port: number): number => {
        t.push('lan', isTcp ? tcpOut('10.0.0.5', port, 'S') : udpOut('10.0.0.5', port));
        t.settle();
        return t.sent('wan').length;
      };
      t.push('lan', isTcp ? tcpOut('10.0.0.5', 700, 'S') : udpOut('10.0.0.5', 700));
      t.settle();
      const d = decode(t.sent('wan')[0]!.octets);
      for (let i = 0; i < 20; i++) {
        const l4 = isTcp ? tcp({ sport: 9, dport: d.tcp!.sport, flags: 'S' }) : udp({ sport: 9, dport: d.udp!.sport });
        t.push('wan', packet(inward(), ipv4({ src: `198.51.100.${i + 1}`, dst: d.ipv4!.src }), l4));
        t.settle();
      }
      assert.deepEqual([t.sessionCount, t.sent('lan').length, t.count(Verdict.DropHostLimit)], [6, 5, 15]);
      assert.deepEqual([701, 702, 703].map(own), [1, 1, 0], 'two more of its own');
      t.check();
    });

worldTest(
  'STA-1 a static mapping’s session that began when the table of hosts was full is not counted when it ends either',
  {
    yaml: natZone(
      'localAddresses: [192.0.2.10]',
      'portHold: off',
      'staticMappings: [{ external: 192.0.2.50, inside: 10.0.0.50 }]\n',
    ),
    hosts: 2,
  },
  (w) => {
    const call = (sport: number): void =>
      w.send('wan', packet(inward(), ipv4({ src: '198.51.100.7', dst: '192.0.2.50' }), udp({ sport, dport: 9 })));
    w.send('lan', udpOut('10.0.0.5', 1), udpOut('10.0.0.6', 1));
    w.advance(2000);
    call(1);
    w.advance(4000);
    call(2);
    assert.equal(w.sessionCount, 2);
    w.advance(10_000);
    const t = w.cx.hosts;
    assert.deepEqual([w.sessionCount, t.rows[hostFind(t, wireIp('10.0.0.50'), 0) + Host.Sessions]], [0, 0]);
  },
);
