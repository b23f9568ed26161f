/**
 * Child process: frames on networks of a distributed router (src/switching), without a session: 64 octets of UDP from a port to another host, in
 * its network or routed into another, and from a tunnel to a port; then super-frames of TCP, cut on their way into a tunnel, and joined again on
 * their way out of it. Prints one JSON line with nanoseconds per frame, or per segment.
 *
 * usage: networks.js ROUNDS
 */
import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { hostViewOf } from '../../src/control/dvr/hostViewOf.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { readObjects } from '../../src/objects/load.js';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { Outlet } from '../../src/pipeline/outlet.js';
import { Verdict } from '../../src/shared/verdict.js';
import { sendFromRouter } from '../../src/switching/fromRouter.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { type Mac, parseMac } from '../../src/types/mac.js';
import { Arena } from '../../src/wire/memory.js';
import { writeFlowFrame } from '../../src/worker/syntheticFrames.js';
import { FRAME_OCTETS, FrameRing, forwardAll } from './frames.js';
import { SuperFrames } from './superFrames.js';
import { KEY, warmContext } from './world.js';

const BURSTS = 1024;
/** Super-frames a round. */
const SUPER_FRAMES = 2048;
const PORTS = 1024;
const VXLAN_SLOT = 20;
/** As loaded. */
const [A, B, C, PEER] = [0x0b00_4d0a, 0x0c00_4d0a, 0x0d00_4e0a, 0x0202_00c0];
const MACS = { a: '02:00:00:00:4d:0b', b: '02:00:00:00:4d:0c', c: '02:00:00:00:4e:0d', router: '02:00:00:00:4d:01' };
const VNI = 1001;

const OBJECTS = `
hosts:
  - { name: h1, vtep: 192.0.2.1, mac: 'fa:16:3f:00:00:01' }
  - { name: h2, vtep: 192.0.2.2, mac: 'fa:16:3f:00:00:02' }
networks: [{ name: red, type: vxlan, id: ${VNI} }, { name: blue, type: vxlan, id: 1002 }]
subnets:
  - { name: red4, network: red, cidr: 10.77.0.0/24, gateway: 10.77.0.1 }
  - { name: blue4, network: blue, cidr: 10.78.0.0/24, gateway: 10.78.0.1 }
lports:
  - { name: a, network: red, mac: '${MACS.a}', addresses: [10.77.0.11], host: h1, tap: t0 }
  - { name: b, network: red, mac: '${MACS.b}', addresses: [10.77.0.12], host: h2, tap: t1 }
  - { name: c, network: blue, mac: '${MACS.c}', addresses: [10.78.0.13], host: h2, tap: t2 }
routers:
  - name: r
    interfaces:
      - { name: ir, subnet: red4, address: 10.77.0.1, mac: '${MACS.router}' }
      - { name: ib, subnet: blue4, address: 10.78.0.1, mac: '02:00:00:00:4e:01' }
`;

function macOf(text: string): Mac {
  const parsed = parseMac(text);
  if (!('value' in parsed)) throw new Error(text);
  return parsed.value;
}

/** Host h1. */
function world(): PipelineContext {
  const { objects, issues } = readObjects(OBJECTS, 'bench');
  const { config } = loadConfig('name: bench\nifaces: []\nhost: { name: h1 }\n', 'bench');
  if (objects === undefined || config === undefined) throw new Error(`the bench is faulty: ${issues[0]?.message}`);
  const own = stateOf(allocateState({ workers: 1, sessions: 1024, neighbors: 1024, addresses: 4, hosts: 64 }, KEY), 0);
  const view = hostViewOf(objects, {
    name: 'h1',
    mac: macOf('fa:16:3f:00:00:01'),
    prefix: { mac: macOf('fa:16:3f:00:00:00'), octets: 3 },
  });
  const slots = { physnet: () => -1, vxlan: VXLAN_SLOT, gre: -1, macRefreshMs: 0 };
  const { snapshot } = buildSnapshot(config, [], new StateIndex(own.ports), 1, 1, [], undefined, view, slots);
  const cx = warmContext(own, snapshot, true);
  cx.outlets = Array.from({ length: FIRST_LPORT + 64 }, () => new Outlet());
  cx.toNetwork = sendFromRouter;
  cx.sources.fill(PEER);
  cx.segments.fill(VNI);
  return cx;
}

interface Way {
  readonly iface: number;
  readonly source: number;
  readonly destination: number;
  readonly sourceMac: string;
  readonly destinationMac: string;
}

const WAYS: Readonly<Record<string, Way>> = {
  bridged: { iface: FIRST_LPORT, source: A, destination: B, sourceMac: MACS.a, destinationMac: MACS.b },
  'east-west routed': { iface: FIRST_LPORT, source: A, destination: C, sourceMac: MACS.a, destinationMac: MACS.router },
  'out of a tunnel': { iface: VXLAN_SLOT, source: B, destination: A, sourceMac: MACS.b, destinationMac: MACS.a },
};

const octetsOf = (text: string): Uint8Array => Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16));

function frames(cx: PipelineContext, way: Way): FrameRing {
  const ring = new FrameRing(BURSTS);
  ring.burstIface.fill(way.iface);
  for (let n = 0; n < BURSTS * MAX_BURST; n++) {
    writeFlowFrame(cx.memory, Arena.FrameStart, {
      ...way,
      sourceMac: octetsOf(way.sourceMac),
      destinationMac: octetsOf(way.destinationMac),
      sourcePort: n % PORTS,
      destinationPort: 0x3500,
      protocol: 17,
      tcpFlags: 0,
      reply: false,
      payload: FRAME_OCTETS - 42,
    });
    ring.store(cx, Math.floor(n / MAX_BURST), n % MAX_BURST);
  }
  return ring;
}

/** Nanoseconds per frame. */
function round(cx: PipelineContext, ring: FrameRing): number {
  const { verdicts } = cx.counters;
  const forwarded = () => verdicts[Verdict.Bridged]! + verdicts[Verdict.Routed]!;
  const before = forwarded();
  const spent = forwardAll(cx, ring, BURSTS);
  const frames = forwarded() - before;
  if (frames !== BURSTS * MAX_BURST) throw new Error(`${frames} frames were forwarded instead of ${BURSTS * MAX_BURST}`);
  return (spent * 1e6) / frames;
}

function main(rounds: number): void {
  const cx = world();
  const rings = Object.entries(WAYS).map(([name, way]) => [name, frames(cx, way)] as const);
  const large = new SuperFrames(
    cx,
    VXLAN_SLOT,
    { ...WAYS.bridged!, sourceMac: octetsOf(MACS.a), destinationMac: octetsOf(MACS.b) },
    VNI,
  );
  const ns: Record<string, number[]> = {};
  for (let r = -2; r < rounds; r++) {
    const all = [
      ...rings.map(([name, ring]) => [name, round(cx, ring)] as const),
      ['cut', large.cut(SUPER_FRAMES)] as const,
      ['joined', large.join(SUPER_FRAMES)] as const,
    ];
    if (r >= 0) for (const [name, value] of all) ns[name] = [...(ns[name] ?? []), value];
  }
  console.log(JSON.stringify(ns));
}

main(Number(process.argv[2]));
