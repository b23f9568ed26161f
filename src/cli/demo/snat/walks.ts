import { eastWest } from '../cloud/eastWest.js';
import type { Scene } from '../cloud/scene.js';
import { A1, A2, A4, B1, BLUE, EXTERNAL, type Guest, N, UP } from '../cloud/topology.js';
import { crosses, INITIAL_TTL, leg, outside, receives, sends, type Walk } from '../cloud/walk.js';

/** Guests of orange leave by this zone, the addresses of which are used in turns; those of blue by the gateway's own address. */
export const ZONE_ADDRESSES: readonly string[] = ['192.168.1.31', '192.168.1.32'];

/** The demo of SNAT: guests without floating IPs, and the service of their router at the third host. */
export const SNAT: Scene = {
  ...{ router: 'r', guests: [A1, B1, A2, A4], external: true },
  gatewayKeys: `zones: [${[
    `{ name: orange, match: 20.0.0.0/24, localAddresses: [${ZONE_ADDRESSES.join(', ')}] }`,
    `{ name: all, match: 0.0.0.0/0, localAddresses: [${EXTERNAL.gateway}] }`,
  ].join(', ')}]`,
};

export const WALKS: readonly Walk[] = [
  toInternet('2.5, 2.6', 'another host: its replica sends it on to the SNAT service, the answer comes straight back', A2),
  toInternet('2.5, 2.6', 'the host with the SNAT service: the same, and nothing on the fabric', A4),
  eastWest(SNAT, '2.4', 'between networks of the router nothing goes by the SNAT service', A2, B1),
];

/**
 * Two routing decisions on the way out, at the replica of the guest's host and at the service: TTL 62. On the way back only the
 * service's: the guest's host bridges what comes from S_A (dvr.md 2.5, 2.6).
 */
function toInternet(id: string, title: string, from: Guest): Walk {
  const { gatewayMac, snatMac } = BLUE;
  const out = (source: string, decisions: number) => ({ from: source, to: UP.internet, ttl: INITIAL_TTL - decisions });
  const back = (destination: string, decisions: number) => ({ from: UP.internet, to: destination, ttl: INITIAL_TTL - decisions });
  const isRemote = from.host !== N;
  const request = leg(
    SNAT,
    false,
    sends(from, gatewayMac, out(from.address, 0)),
    isRemote ? crosses(from.host, N, BLUE, [from.host.mac, snatMac], out(from.address, 1)) : [],
    outside(N, UP, [EXTERNAL.gatewayMac, UP.mac], out(EXTERNAL.gateway, 2)),
  );
  const reply = leg(
    SNAT,
    true,
    outside(UP, N, [UP.mac, EXTERNAL.gatewayMac], back(EXTERNAL.gateway, 0)),
    isRemote ? crosses(N, from.host, BLUE, [snatMac, from.mac], back(from.address, 1)) : [],
    receives(from, snatMac, back(from.address, 1)),
  );
  return { id, title, from, to: UP.internet, target: UP.internet, request, reply };
}
