import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterEvent } from '../../src/shared/counters.js';
import { Verdict } from '../../src/shared/verdict.js';
import { answerTo, echoOut, inward, outward, PAYLOAD, tcpOut, udpOut } from '../support/flows.js';
import { cut, datagram } from '../support/fragments.js';
import { errorFrame, packetAt } from '../support/icmpErrors.js';
import { bpfSkipReason, KernelSteering } from '../support/kernelSteering.js';
import { ipv4, packet, udp } from '../support/layers.js';
import { Dice } from '../support/mutate.js';
import { ifaces, REMOTE } from '../support/sample.js';
import { Team } from '../support/team.js';
import { SEED } from './seed.js';

const YAML = `
name: steered
${ifaces}
routes: [default via 192.0.2.254 dev wan]
zones:
  - { name: tenants, match: 10.0.0.0/16, localAddresses: [192.0.2.10, 192.0.2.11, 192.0.2.12] }
staticMappings:
  - { external: 192.0.2.20, inside: 10.0.0.120 }
  - { external: "192.0.2.10:8080", inside: "10.0.0.121:80", protocol: tcp }
timers: { portHold: off }
`;
const STEPS = 250;

/** Workers to whom the programs in the kernel give every frame. */
function steeredTeam(workers: number, dice: Dice): { team: Team; steering: KernelSteering } {
  const first = new Team(workers, dice, { yaml: YAML }).members[0]!;
  const { built, index, state } = first;
  const steering = new KernelSteering(built, index.addresses(), state.ports.addresses, workers, state.sessions.key);
  const team = new Team(workers, dice, { yaml: YAML, mirror: steering.owners });
  const devices = built.config.ifaces.map(({ name }) => name);
  team.chooses = (iface, frame) => steering.ofTap(devices.indexOf(iface), frame);
  return { team, steering };
}

for (const workers of [2, 3, 4]) {
  test(`D9 no frame changes hands among ${workers} workers where the kernel steers, seed ${SEED}`, {
    skip: bpfSkipReason(),
  }, () => {
    const dice = new Dice(SEED ^ workers);
    const { team, steering } = steeredTeam(workers, dice);
    const host = (): string => `10.0.0.${2 + dice.below(60)}`;
    let answered = 0;
    for (let i = 0; i < STEPS; i++) {
      const port = 1024 + dice.below(5000);
      const from = dice.pick([host(), '10.0.0.120', '10.0.0.121']);
      const whole = datagram(
        outward(from),
        { src: from, dst: REMOTE, id: i + 1 },
        udp({ sport: port, dport: 9 }),
        new Uint8Array(900),
      );
      const parts = dice.below(4) === 0 ? cut(whole, 400) : [];
      team.push('lan', dice.pick([udpOut(from, port), tcpOut(from, port, 'S'), echoOut(from, port)]));
      for (const part of parts) team.push('lan', part);
      for (const inside of ['192.0.2.20', '192.0.2.10'] as const)
        team.push('wan', packet(inward(), ipv4({ src: REMOTE, dst: inside }), udp({ sport: 9, dport: port }), PAYLOAD));
      team.settle();
      for (const sent of team.sent('wan')) {
        if (dice.below(3) === 0) {
          const external = packetAt(sent.octets, 3);
          team.push('wan', errorFrame(external, { src: '198.51.100.1', dst: [...external.subarray(12, 16)].join('.') }));
        }
        if (parts.length === 0) team.push('wan', answerTo(sent));
        answered++;
      }
      team.settle();
      for (const got of team.sent('lan')) {
        const inside = packetAt(got.octets, 3);
        const to = [...inside.subarray(16, 20)].join('.');
        if (to.startsWith('10.0.0.')) team.push('lan', errorFrame(inside, { src: to, dst: REMOTE, type: 3, code: 3 }));
      }
      team.settle();
    }
    assert.ok(answered > STEPS, `${answered} frames were sent on`);
    assert.ok(team.sessionCount > STEPS / 4, `${team.sessionCount} sessions`);
    assert.ok(team.members.filter((member) => member.sessionCount > 0).length === workers, 'every worker has sessions');
    assert.equal(team.count(Verdict.HandedOff), 0, 'frames handed over');
    assert.equal(team.event(CounterEvent.HandedIn), 0);
    team.check();
    steering.close();
  });
}
