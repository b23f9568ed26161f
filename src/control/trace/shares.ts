import { sessionsOfAll, sessionsOfRouter } from '../../tables/elsewhere.js';
import { HostsHead } from '../../tables/hosts.js';
import { homeOf } from '../../tables/ownership.js';
import { mayTakeMore } from '../../tables/routerShares.js';
import { SessionsHead } from '../../tables/sessions.js';
import type { State } from '../../tables/state.js';
import type { Flow } from './flow.js';

/** Whether a router may have more of what all routers share: sessions, and hosts with sessions where the flow's sender has its home. */
export interface Shares {
  readonly router: number;
  readonly sessions: boolean;
  readonly hosts: boolean;
}

export function sharesOf(states: readonly State[], { router, source }: Flow): Shares {
  const heads = states.map(({ sessions }) => sessions.head);
  const free = states[0]!.sessions.capacity - sessionsOfAll(heads);
  const { head, capacity } = states[homeOf(source, states.length)]!.hosts;
  return {
    router,
    // A table without any room says so itself.
    sessions: free <= 0 || mayTakeMore(router, sessionsOfRouter(heads, router), free),
    hosts: mayTakeMore(router, head[HostsHead.Routers + router]!, capacity - head[HostsHead.Active]!),
  };
}

/** Of a private table, which is much smaller, the numbers would say something else: there a router has far too many, or far fewer than none. */
const MANY = 1 << 30;

export function setShares(of: Pick<State, 'sessions' | 'hosts'>, { router, sessions, hosts }: Shares): void {
  of.sessions.head[SessionsHead.Routers + router] = sessions ? -MANY : MANY;
  of.hosts.head[HostsHead.Routers + router] = hosts ? -MANY : MANY;
}
