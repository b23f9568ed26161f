import type { Scene } from '../cloud/scene.js';
import { A1, A2, A3, B1, B2, EXIT_MACS, EXTERNAL, type Guest, H1, H2, N, UP } from '../cloud/topology.js';
import { crosses, INITIAL_TTL, leg, outside, type Packet, receives, type Step, sends, type Walk } from '../cloud/walk.js';

/** Floating IPs by guest; a2 has none. */
export const FLOATING = { a1: '192.168.1.101', b2: '192.168.1.102', a3: '192.168.1.103', b1: '192.168.1.104' } as const;

const floatingIp = (lport: keyof typeof FLOATING, more = ''): string =>
  `{ address: ${FLOATING[lport]}, network: ${EXTERNAL.name}, lport: ${lport}${more} }`;

/** The demo of floating IPs: that of b1 is served where the SNAT service is, the others where their guests are. */
export const FIP: Scene = {
  ...{ router: 'r', guests: [A1, A3, B1, A2, B2], external: true },
  floatingIps: [floatingIp('a1'), floatingIp('b2'), floatingIp('a3'), floatingIp('b1', ', placement: centralized')],
};

/** Who answers for which address on the external network. */
export interface Owner {
  readonly address: string;
  readonly host: 'h1' | 'h2' | 'n';
  readonly mac: string;
}

export const OWNERS: readonly Owner[] = [
  { address: FLOATING.a1, host: 'h1', mac: EXIT_MACS.h1 },
  { address: FLOATING.b2, host: 'h2', mac: EXIT_MACS.h2 },
  { address: FLOATING.a3, host: 'h1', mac: EXIT_MACS.h1 },
  { address: FLOATING.b1, host: 'n', mac: EXTERNAL.gatewayMac },
  { address: EXTERNAL.gateway, host: 'n', mac: EXTERNAL.gatewayMac },
];

type Way = readonly (readonly Step[])[];

function walk(id: string, title: string, from: Walk['from'], to: string, [request, reply]: readonly [Way, Way]): Walk {
  return { id, title, from, to, target: to, request: leg(FIP, false, ...request), reply: leg(FIP, true, ...reply) };
}

function packet(from: string, to: string, decisions: number): Packet {
  return { from, to, ttl: INITIAL_TTL - decisions };
}

const { internet } = UP;
const { gateway, gatewayMac: Q } = EXTERNAL;
const [F1, F2] = [EXIT_MACS.h1, EXIT_MACS.h2];

/** To its gateway, which every host of its network is. */
const asks = (guest: Guest, to: string): Step[] => sends(guest, guest.network.gatewayMac, packet(guest.address, to, 0));
/** From it, after so many routing decisions. */
const hears = (guest: Guest, from: string, decisions: number): Step[] =>
  receives(guest, guest.network.gatewayMac, packet(from, guest.address, decisions));

/** The host of the guest routes and translates in one decision, each way (dvr.md 2.7). */
const a1Out: Way = [asks(A1, internet), outside(H1, UP, [F1, UP.mac], packet(FLOATING.a1, internet, 1))];
const a1In: Way = [outside(UP, H1, [UP.mac, F1], packet(internet, FLOATING.a1, 0)), hears(A1, internet, 1)];

/** As without one, but for the address that it becomes (2.10). */
const b1Out: Way = [
  asks(B1, internet),
  crosses(H1, N, B1.network, [H1.mac, B1.network.snatMac], packet(B1.address, internet, 1)),
  outside(N, UP, [Q, UP.mac], packet(FLOATING.b1, internet, 2)),
];
const b1In: Way = [
  outside(UP, N, [UP.mac, Q], packet(internet, FLOATING.b1, 0)),
  crosses(N, H1, B1.network, [B1.network.snatMac, B1.mac], packet(internet, B1.address, 1)),
  receives(B1, B1.network.snatMac, packet(internet, B1.address, 1)),
];

/** It must not hear from its own address (2.9). */
const itsOwn: Way = [asks(A1, FLOATING.a1), hears(A1, FLOATING.a1, 1)];

/** The walks of dvr.md 2.7 to 2.10, as they have to be. */
export const WALKS: readonly Walk[] = [
  walk('2.7', 'out from its own host, as its floating IP', A1, internet, [a1Out, a1In]),
  walk('2.7', 'from outside straight to its host', UP, FLOATING.a1, [a1In, a1Out]),
  walk('2.8', 'of another guest of the host: nothing leaves it', A1, FLOATING.a3, [
    [asks(A1, FLOATING.a3), hears(A3, FLOATING.a1, 1)],
    [asks(A3, FLOATING.a1), hears(A1, FLOATING.a3, 1)],
  ]),
  walk('2.8', 'of a guest of another host: over the external network', A1, FLOATING.b2, [
    [asks(A1, FLOATING.b2), outside(H1, H2, [F1, F2], packet(FLOATING.a1, FLOATING.b2, 1)), hears(B2, FLOATING.a1, 2)],
    [asks(B2, FLOATING.a1), outside(H2, H1, [F2, F1], packet(FLOATING.b2, FLOATING.a1, 1)), hears(A1, FLOATING.b2, 2)],
  ]),
  walk('2.8', 'from a guest without one: by the SNAT service', A2, FLOATING.a1, [
    [
      asks(A2, FLOATING.a1),
      crosses(H2, N, A2.network, [H2.mac, A2.network.snatMac], packet(A2.address, FLOATING.a1, 1)),
      outside(N, H1, [Q, F1], packet(gateway, FLOATING.a1, 2)),
      hears(A1, gateway, 3),
    ],
    [
      asks(A1, gateway),
      outside(H1, N, [F1, Q], packet(FLOATING.a1, gateway, 1)),
      crosses(N, H2, A2.network, [A2.network.snatMac, A2.mac], packet(FLOATING.a1, A2.address, 2)),
      receives(A2, A2.network.snatMac, packet(FLOATING.a1, A2.address, 2)),
    ],
  ]),
  walk('2.9', 'its own: both addresses are translated, there and back', A1, FLOATING.a1, [itsOwn, itsOwn]),
  walk('2.10', 'centralised: by the SNAT service, as its floating IP', B1, internet, [b1Out, b1In]),
  walk('2.10', 'centralised: from outside by the SNAT service', UP, FLOATING.b1, [b1In, b1Out]),
];
