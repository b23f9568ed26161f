import { renderTable } from '../../table.js';
import { UPLINK } from '../cloud/devices.js';
import { readAnswer } from '../cloud/echo.js';
import type { Captured } from '../cloud/judge.js';
import type { Observers } from '../cloud/observe.js';
import type { CloudWorld } from '../cloud/scene.js';
import { HOSTS, type Host, nameOf, UP } from '../cloud/topology.js';
import { run } from '../processes.js';
import { inside } from '../world.js';
import { OWNERS, type Owner } from './walks.js';

/** Who answers the upstream router's questions for addresses of the external network (dvr.md 2.11). */

export interface Answer {
  readonly address: string;
  readonly host: Host['name'];
  readonly mac: string;
}

/** The upstream router forgets every address and asks for it again; all answers, those that came more than once too. */
export function ask(world: CloudWorld, observers: Observers): Answer[] {
  const netns = world[UP.name];
  return OWNERS.flatMap(({ address }) => {
    run(...inside(netns, 'sh', '-c', `ip neigh del ${address} dev ${UPLINK} 2>/dev/null || true`));
    observers.take();
    run(...inside(netns, 'sh', '-c', `ping -n -c 1 -W 2 ${address} >/dev/null || true`));
    return answersIn(observers.take(), address);
  });
}

/** The answers for an address, each where it left its host. */
export function answersIn(captured: Captured, address: string): Answer[] {
  return HOSTS.flatMap(({ name }) =>
    (captured.get(`${name}-external`) ?? []).flatMap((frame) => {
      const answer = readAnswer(frame);
      return answer?.address === address ? [{ ...answer, host: name }] : [];
    }),
  );
}

/** Throws one line unless each address was answered for once, by its owner. */
export function checkAnswers(answers: readonly Answer[], owners: readonly Owner[] = OWNERS): void {
  for (const { address, host, mac } of owners) {
    const said = answers.filter((one) => one.address === address).map((one) => `${one.host} with ${one.mac}`);
    const wanted = `${host} with ${mac}`;
    if (said.length !== 1 || said[0] !== wanted)
      throw new Error(`who has ${address}: expected ${wanted}, seen ${said.join(', ') || 'nobody'}`);
  }
}

export function answersText(answers: readonly Answer[]): string {
  return renderTable(
    answers,
    [
      { heading: 'WHO HAS', cell: ({ address }) => address },
      { heading: 'ANSWERED BY', cell: ({ host }) => host },
      { heading: 'MAC', cell: ({ mac }) => `${mac} ${nameOf(mac)}` },
    ],
    false,
  );
}
