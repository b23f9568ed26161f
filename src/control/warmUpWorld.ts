import type { Config, IfaceConfig } from '../config/config.js';
import { loadConfig } from '../config/load.js';
import { EventHead, EventOn } from '../tables/eventRing.js';
import type { HashKey } from '../tables/hash.js';
import { Limit, Midstream } from '../tables/snapshot.js';
import { allocateState, stateOf } from '../tables/state.js';
import { wireOrder } from '../types/ipv4.js';
import type { WarmUp } from '../worker/protocol.js';
import { buildSnapshot } from './buildSnapshot.js';
import { type HostView, NO_NETWORKS, type ServiceView } from './dvr/view/hostView.js';
import { PHYSNET_SLOT, VXLAN_SLOT, warmUpView } from './dvr/warmUpView.js';
import { StateIndex } from './stateIndex.js';

/** Two inside segments, one outside, two zones: what worker/warmUp.ts sends frames through. */
const WORLD = `
name: warm-up
ifaces:
  - { name: in0, tap: w0, role: inside, addresses: [10.0.0.1/16], vlans: [{ id: 7, name: in0.7, role: inside, addresses: [10.2.0.1/16] }] }
  - { name: out, tap: w1, role: outside, addresses: [100.10.0.1/16] }
  - { name: in1, tap: w2, role: inside, addresses: [10.1.0.1/16] }
zones:
  - { match: 10.0.1.0/24, localAddresses: [100.10.2.1] }
  - { match: 10.0.2.0/24, localAddresses: [] }
  - { match: 10.0.0.0/8, localAddresses: [100.10.2.2, 100.10.2.3] }
nexthopProbes: [{ address: 100.10.0.2, dev: out }]
timers: { allowShort: true, udp: 2s, udpUnanswered: 1s, tcpEstablished: 3s, tcpHalfOpen: 1s, tcpClosing: 1s, icmp: 1s }
neighborTimers: { reachable: 2s, retry: 100ms, probes: 2, failed: 1s, stale: 2s }
`;

/** Until the compiler has seen it all. */
const FRAMES = 192_000;

/** Frames of the warm-up. A test that starts many gateways and judges no pace asks for fewer; nobody else has a reason to. */
function frames(): number {
  return Number(process.env.WINDROSE_WARM_UP_FRAMES) || FRAMES;
}

/** On in every other snapshot, so that the compiler has seen both ways. */
const TCP_OPTIONS = [
  [Limit.Midstream, Midstream.Reset],
  [Limit.Mss, -1],
  [Limit.ResetOnExpiry, 1],
  [Limit.AnswerUnsolicited, 1],
] as const;

/** The same with an SNAT service, of the last zone's modes, on networks of its own, whose guests have the addresses of the gateway's. */
function withService(view: HostView, { zones, ifaces, reject, rules }: Config): HostView {
  const [inside, outside] = ifaces as [IfaceConfig, IfaceConfig];
  const network = (name: string) => ({
    ...{ name, type: 'local' as const, id: 0, physnet: undefined, mtu: 1500 },
    ...{ floodUnknown: false, strictArp: false, external: false, presentOn: [] },
  });
  const rif = ({ role, mac, addresses }: IfaceConfig, name: string, on: string) => ({
    ...{ name, network: on, mac, address: addresses[0]!, isGateway: false, role, translates: true },
  });
  const zone = { ...zones.at(-1)!, name: 'warm/all', localAddresses: [wireOrder(0x640a_0301)] };
  const service: ServiceView = {
    ...{ name: 'snat-warm', router: 'warm', routes: [], rules, zones: [zone], ofGateways: [], reject, staticMappings: [] },
    rifs: [rif(inside, 'sg-warm', 'warm-in'), rif(outside, 'qg-warm', 'warm-out')],
  };
  const networks = [...view.networks, network('warm-in'), network('warm-out')];
  return { ...view, networks, services: [...view.services, service] };
}

/** A world of its own for one worker's warm-up (D7); with networks when it is a host of distributed routers. */
export function warmUpWorld(key: HashKey, networks = false): WarmUp {
  const { config, issues } = loadConfig(WORLD, 'warm-up');
  if (config === undefined) throw new Error(`the warm-up configuration is faulty: ${issues[0]?.message}`);
  const state = allocateState({ workers: 1, sessions: 16_384, neighbors: 8192, addresses: 8, hosts: 8192 }, key);
  const { ports, events } = stateOf(state, 0);
  events.head[EventHead.On] = EventOn.Sessions | EventOn.Mappings;
  const index = new StateIndex(ports);
  const mtus = [1500, 1500, 1500];
  const view = networks ? withService(warmUpView(), config) : NO_NETWORKS;
  const slots = { physnet: () => PHYSNET_SLOT, physnets: [], vxlan: VXLAN_SLOT, gre: -1, macRefreshMs: 0 };
  const build = (n: number) => buildSnapshot(config, mtus, index, n, n, [], undefined, view, slots).snapshot;
  const [plain, full] = [build(1), build(2)];
  for (const [limit, value] of TCP_OPTIONS) full.limits[limit] = value;
  return {
    state,
    snapshots: [plain, full],
    frames: frames(),
  };
}
