import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/shared/verdict.js';
import { type Decoded, decode } from '../support/decode.js';
import { answerTo, echoOut, tcpOut, udpOut } from '../support/flows.js';
import { Dice } from '../support/mutate.js';
import { GW } from '../support/sample.js';
import { Team } from '../support/team.js';
import { SEED } from './seed.js';

/**
 * SNAT services of routers whose tenants have the same subnet, the same guests' addresses and ports, and one remote: what leaves has the
 * address of its own router; an answer reaches the guest that sent, by the router it left by, and by another router nobody. The model is a map.
 */
const ROUTERS = ['r1', 'r2', 'r3'] as const;
const STEPS = Number(process.env.WINDROSE_NAT_STEPS ?? 400);

function tenant(router: number, modes: string): string {
  return `
name: tenant
ifaces:
  - { name: sg, tap: t-sg, role: inside, mac: "${GW.lan}", addresses: [10.0.0.1/24] }
  - { name: qg, tap: t-qg, role: outside, mac: "${GW.wan}", addresses: [192.0.2.${router}/24] }
routes: [default via 192.0.2.254 dev qg]
zones: [{ name: all, match: 0.0.0.0/0, localAddresses: [192.0.2.${100 + router}], ports: 2000-2063, ${modes} }]
`;
}

const portOf = (d: Decoded, way: 'sport' | 'dport'): number => d.udp?.[way] ?? d.tcp?.[way] ?? d.icmp!.id;
const kindOf = (d: Decoded): string => (d.udp ? 'udp' : d.tcp ? 'tcp' : 'icmp');

for (const modes of ['mapping: eim, filtering: eif', 'mapping: apdm'])
  for (const workers of [1, 2, 3])
    test(`sessions of routers with equal tenants never mix, ${workers} workers, ${modes}, seed ${SEED}`, () => {
      const dice = new Dice(SEED ^ (workers * 31));
      const asService = Object.fromEntries(ROUTERS.map((router, i) => [router, tenant(i + 1, modes)]));
      const team = new Team(workers, dice, { asService, sessions: 1024 });
      /** `router kind inside > remote` by `router kind external < remote`. */
      const flows = new Map<string, string>();
      const left: { router: number; frame: { octets: Uint8Array } }[] = [];
      for (let step = 0; step < STEPS; step++) {
        if (dice.below(3) > 0 || left.length === 0) {
          const router = dice.below(ROUTERS.length);
          const [from, port, to] = [`10.0.0.${5 + dice.below(3)}`, 4000 + dice.below(4), `198.51.100.${7 + dice.below(2)}`];
          const make = dice.pick([udpOut, (a: string, b: number, c: string) => tcpOut(a, b, 'S', c), echoOut]);
          const sent = make(from, port, to);
          team.push(`${ROUTERS[router]}:sg`, sent);
          team.settle();
          for (const other of ROUTERS) {
            const out = team.sent(`${other}:qg`);
            assert.equal(out.length, other === ROUTERS[router] ? 1 : 0);
            for (const frame of out) {
              const d = decode(frame.octets);
              assert.equal(d.ipv4!.src, `192.0.2.${101 + router}`);
              const back = `${other} ${kindOf(d)} ${d.ipv4!.src}:${portOf(d, 'sport')} < ${to}`;
              const flow = `${other} ${kindOf(d)} ${from}:${port} > ${to}`;
              assert.equal(flows.get(back) ?? flow, flow, 'one external endpoint towards a remote is one guest’s');
              flows.set(back, flow);
              left.push({ router, frame });
            }
          }
        } else {
          const { router, frame } = dice.pick(left);
          const by = dice.below(3) === 0 ? dice.below(ROUTERS.length) : router;
          const d = decode(frame.octets);
          team.push(`${ROUTERS[by]}:qg`, answerTo(frame));
          team.settle();
          for (const [i, other] of ROUTERS.entries()) {
            const came = team.sent(`${other}:sg`).map(({ octets }) => decode(octets));
            assert.equal(came.length, i === by && by === router ? 1 : 0, `an answer of ${ROUTERS[router]}, by ${ROUTERS[by]}`);
            for (const one of came) {
              const flow = `${other} ${kindOf(one)} ${one.ipv4!.dst}:${portOf(one, 'dport')} > ${one.ipv4!.src}`;
              assert.equal(flows.get(`${other} ${kindOf(d)} ${d.ipv4!.src}:${portOf(d, 'sport')} < ${d.ipv4!.dst}`), flow);
            }
          }
          for (const other of ROUTERS) team.sent(`${other}:qg`);
        }
        if (step % 50 === 0) dice.pick(team.members).replaceWorker();
      }
      team.check();
      assert.equal(team.count(Verdict.DropHandoffLoop), 0);
      team.advance(8_000_000);
      team.check();
      assert.equal(team.sessionCount, 0);
    });
