/**
 * Child process: frames on networks of a distributed router (src/switching), without a session: 64 octets of UDP from a port to another host, in
 * its network or routed into another, and from a tunnel to a port; then super-frames of TCP, cut on their way into a tunnel, and joined again on
 * their way out of it. Prints one JSON line with nanoseconds per frame, or per segment.
 *
 * usage: networks.js ROUNDS
 */
import { MAX_BURST } from '../../src/pipeline/burst.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { Verdict } from '../../src/shared/verdict.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { type FrameRing, forwardAll } from './frames.js';
import { framesOf, networkWorld, octetsOf, VXLAN_SLOT, type Way } from './networkWorld.js';
import { SuperFrames } from './superFrames.js';

const BURSTS = 1024;
/** Super-frames a round. */
const SUPER_FRAMES = 2048;
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

const WAYS: Readonly<Record<string, Way>> = {
  bridged: { iface: FIRST_LPORT, source: A, destination: B, sourceMac: MACS.a, destinationMac: MACS.b },
  'east-west routed': { iface: FIRST_LPORT, source: A, destination: C, sourceMac: MACS.a, destinationMac: MACS.router },
  'out of a tunnel': { iface: VXLAN_SLOT, source: B, destination: A, sourceMac: MACS.b, destinationMac: MACS.a },
};

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
  const cx = networkWorld(OBJECTS, 'h1', 'fa:16:3f:00:00:01', { peer: PEER, vni: VNI });
  const rings = Object.entries(WAYS).map(([name, way]) => [name, framesOf(cx, way, BURSTS)] as const);
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
