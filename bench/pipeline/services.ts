/**
 * Child process: frames of 64 octets of UDP through the SNAT service of a host and through a floating address, both ways, 1,024 flows that are
 * known. Prints one JSON line with nanoseconds per frame.
 *
 * usage: services.js ROUNDS
 */
import { MAX_BURST } from '../../src/pipeline/burst.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { forwardBurst } from '../../src/pipeline/forward.js';
import { Verdict } from '../../src/shared/verdict.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { Session, SessionsHead } from '../../src/tables/sessions.js';
import { Arena } from '../../src/wire/memory.js';
import { type FrameRing, forwardAll } from './frames.js';
import { framesOf, networkWorld, octetsOf, PHYSNET_SLOT, VXLAN_SLOT, type Way } from './networkWorld.js';

const BURSTS = 1024;
const VNI = 1001;
/** Addresses as loaded: guests, gateway, floating address, upstream, the other host. */
const [A, B, FLOATING, UPSTREAM, PEER] = [0x0b00_4d0a, 0x0c00_4d0a, 0x4d64_33c6, 0x0164_33c6, 0x0202_00c0];
const MAC = {
  ...{ a: '02:00:00:00:4d:0b', b: '02:00:00:00:4d:0c', router: '02:00:00:00:4d:01', sg: '02:00:00:00:4d:03' },
  ...{ qg: '02:00:00:00:4d:15', upstream: '02:00:00:00:4d:f1', host2: 'fa:16:3f:00:00:02', fip: '02:00:00:00:4d:4d' },
};

const OBJECTS = `
hosts:
  - { name: n, vtep: 192.0.2.1, mac: 'fa:16:3f:00:00:01', physnets: [up], mode: dvr_snat }
  - { name: h2, vtep: 192.0.2.2, mac: '${MAC.host2}' }
networks:
  - { name: red, type: vxlan, id: ${VNI} }
  - { name: ext, type: flat, physnet: up, external: true, floatingMac: perFip }
subnets:
  - { name: red4, network: red, cidr: 10.77.0.0/24, gateway: 10.77.0.1 }
  - { name: ext4, network: ext, cidr: 198.51.100.0/24, gateway: 198.51.100.1 }
lports:
  - { name: a, network: red, mac: '${MAC.a}', addresses: [10.77.0.11], host: n, tap: t0 }
  - { name: b, network: red, mac: '${MAC.b}', addresses: [10.77.0.12], host: h2, tap: t1 }
routers:
  - name: r
    interfaces: [{ name: ir, subnet: red4, mac: '${MAC.router}', snat: 10.77.0.3, snatMac: '${MAC.sg}' }]
    gateways:
      - network: ext
        address: 198.51.100.21
        mac: '${MAC.qg}'
        zones: [{ name: all, match: 0.0.0.0/0, localAddresses: [198.51.100.21], hostLimits: { sessions: off, ports: off, newSessions: off } }]
floatingIps:
  - { address: 198.51.100.77, network: ext, lport: a, mac: '${MAC.fip}' }
`;

const OUT: Readonly<Record<string, Way>> = {
  'SNAT, out': { iface: VXLAN_SLOT, source: B, destination: UPSTREAM, sourceMac: MAC.host2, destinationMac: MAC.sg },
  'floating, out': { iface: FIRST_LPORT, source: A, destination: UPSTREAM, sourceMac: MAC.a, destinationMac: MAC.router },
};
const FLOATING_IN: Way = {
  ...{ iface: PHYSNET_SLOT, source: UPSTREAM, destination: FLOATING, sourceMac: MAC.upstream, destinationMac: MAC.fip },
};

/** One frame as it is, on an interface. */
function feed(cx: PipelineContext, iface: number, octets: Uint8Array): void {
  cx.memory.u8.set(octets, Arena.FrameStart);
  cx.iface = iface;
  cx.offsets[0] = Arena.FrameStart;
  cx.lengths[0] = octets.length;
  cx.tags[0] = 0;
  forwardBurst(cx, 1);
  cx.flush();
}

/** The upstream answers whoever asks for its MAC. */
function introduce(cx: PipelineContext, asker: string, address: readonly number[]): void {
  const [to, up] = [octetsOf(asker), octetsOf(MAC.upstream)];
  const kind = [8, 6, 0, 1, 8, 0, 6, 4, 0, 2];
  feed(
    cx,
    PHYSNET_SLOT,
    Uint8Array.from([...to, ...up, ...kind, ...up, 198, 51, 100, 1, ...to, ...address, ...Array(18).fill(0)]),
  );
}

/** Answers to the flows that the service has sessions of. */
function answers(cx: PipelineContext): FrameRing {
  const way = {
    iface: PHYSNET_SLOT,
    source: UPSTREAM,
    destination: 0x1564_33c6,
    sourceMac: MAC.upstream,
    destinationMac: MAC.qg,
  };
  const ring = framesOf(cx, way, BURSTS);
  const { rows, head } = cx.sessions;
  const external: number[] = [];
  for (let row = 0; external.length < head[SessionsHead.Count]!; row += Session.Words)
    if (rows[row + Session.ExternalAddress] === 0x1564_33c6) external.push(rows[row + Session.InwardPorts]!);
  // Ports are the first word behind the addresses: two octets in front of the frame, then 14 of Ethernet and 20 of IPv4. Without a UDP checksum.
  const words = ring.words.length / BURSTS / MAX_BURST;
  for (let n = 0; n < BURSTS * MAX_BURST; n++) {
    ring.words[n * words + 9] = external[n % external.length]!;
    ring.words[n * words + 10] = ring.words[n * words + 10]! & 0xffff;
  }
  return ring;
}

/** Nanoseconds per frame. */
function round(cx: PipelineContext, name: string, ring: FrameRing): number {
  const { verdicts } = cx.counters;
  const passed = () => verdicts[Verdict.Translated]! + verdicts[Verdict.FloatingOut]! + verdicts[Verdict.FloatingIn]!;
  const before = passed();
  const spent = forwardAll(cx, ring, BURSTS);
  const frames = passed() - before;
  if (frames !== BURSTS * MAX_BURST) throw new Error(`${name}: ${frames} frames passed instead of ${BURSTS * MAX_BURST}`);
  return (spent * 1e6) / frames;
}

function main(rounds: number): void {
  const cx = networkWorld(OBJECTS, 'n', 'fa:16:3f:00:00:01', { peer: PEER, vni: VNI });
  const rings = Object.entries(OUT).map(([name, way]) => [name, framesOf(cx, way, BURSTS)] as const);
  for (const [, ring] of rings) forwardAll(cx, ring, 1);
  introduce(cx, MAC.qg, [198, 51, 100, 21]);
  introduce(cx, MAC.fip, [198, 51, 100, 77]);
  for (const [, ring] of rings) forwardAll(cx, ring, BURSTS);
  rings.push(['SNAT, in', answers(cx)], ['floating, in', framesOf(cx, FLOATING_IN, BURSTS)]);
  const ns: Record<string, number[]> = {};
  for (let r = -2; r < rounds; r++)
    for (const [name, ring] of rings) {
      const value = round(cx, name, ring);
      if (r >= 0) ns[name] = [...(ns[name] ?? []), value];
    }
  console.log(JSON.stringify(ns));
}

main(Number(process.argv[2]));
