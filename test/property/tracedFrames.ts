import assert from 'node:assert/strict';
import type { TraceAnswer, TraceRequest } from '../../src/types/trace.js';
import { TcpFlag } from '../../src/wire/tcp.js';
import { type Decoded, decode } from '../support/decode.js';
import { eth, icmp, ipv4, packet, tcp, udp, vlan } from '../support/layers.js';
import type { World } from '../support/world.js';

/** What was sent: its IPv4 protocol, -1 of other frames, and the MAC that a trace can know. */
export interface Sent {
  readonly protocol: number;
  readonly sourceMac: string | null;
  /** Fragment offset in octets. */
  readonly offset?: number;
}

/** What left is what the trace said: the interface, both ends, TTL, number of packets. */
export function compareLeaves(world: World, said: TraceAnswer, { protocol, sourceMac, offset = 0 }: Sent, where: string): void {
  const { leaves } = said;
  assert.ok(leaves !== null, `${where}: ${JSON.stringify(said)}`);
  const device = leaves.iface === 'v7' ? 'lan' : leaves.iface;
  const sent = world.sent(device).map(({ octets }) => decode(octets));
  const same = sent.filter(
    ({ ipv4: ip }) => ip!.src === leaves.source && ip!.dst === leaves.destination && ip!.ttl === leaves.ttl,
  );
  assert.ok(same.length > 0, `${where}: ${JSON.stringify(said)} ${JSON.stringify(sent.map((d) => d.ipv4))}`);
  // Packets that waited for the same neighbour leave with it.
  if (said.verdict !== 'queued') assert.equal(same.length, leaves.packets, where);
  const first = same.find(({ ipv4: ip }) => ip!.offset === offset && ip!.protocol === protocol);
  assert.ok(first !== undefined, where);
  compareFrame(said, first, sourceMac, where);
  if (said.verdict === 'queued') return;
  const [sport, dport] = portsOf(first);
  if (leaves.sourcePort !== null) assert.equal(sport, leaves.sourcePort, where);
  if (leaves.destinationPort !== null) assert.equal(dport, leaves.destinationPort, where);
}

/** The frame that left is the one that the trace showed, as far as it could know. */
function compareFrame({ frame, verdict, steps }: TraceAnswer, left: Decoded, sourceMac: string | null, where: string): void {
  assert.ok(frame !== null, where);
  const { before, after, isPortOpen } = frame;
  const { eth: e, ipv4: ip, vlan: tag } = left;
  assert.deepEqual([after.sourceMac, after.vlan], [e!.src, tag?.id ?? 0], where);
  assert.deepEqual([after.tos, after.ttl, after.source, after.destination], [ip!.tos, ip!.ttl, ip!.src, ip!.dst], where);
  assert.equal(after.destinationMac, verdict === 'queued' ? null : e!.dst, where);
  assert.equal(before.sourceMac, sourceMac, where);
  if (verdict === 'queued') return;
  assert.equal(after.length, ip!.totalLength, where);
  const ported = left.tcp ?? left.udp;
  if (ported === undefined) return;
  assert.equal(after.destinationPort, ported.dport, where);
  if (!isPortOpen) assert.equal(after.sourcePort, ported.sport, where);
  // The neighbour it told of is the one that gets it: a host that answers ARP has its address in its MAC.
  const [hop] = steps.filter(({ step }) => step === 'neighbor').slice(-1);
  const address = e!.dst
    .split(':')
    .slice(2)
    .map((o) => Number.parseInt(o, 16));
  if (hop !== undefined && address[0] !== 0 && !ip!.mf)
    assert.ok(hop.found.startsWith(`${address.join('.')} dev`), `${where}: ${hop.found}, ${e!.dst}`);
}

function portsOf({ tcp: t, udp: u, icmp: i }: Decoded): [number | undefined, number | undefined] {
  const ported = t ?? u;
  if (ported !== undefined) return [ported.sport, ported.dport];
  return i?.type === 8 ? [i.id, undefined] : [undefined, i?.id];
}

/** The frame of a request, made without the code that a trace makes it with. */
export function frameOf(world: World, request: TraceRequest, device: string, tag: number): Uint8Array {
  const ip = (address: number): string => [0, 8, 16, 24].map((bits) => (address >>> bits) & 0xff).join('.');
  const mac = `02:aa:00:00:00:0${['lan', 'wan', 'dmz'].indexOf(device) + 1}`;
  const inside = device !== 'wan';
  const { protocol, sourcePort: sport, destinationPort: dport, length = 0 } = request;
  const reply = !inside && dport >= 0;
  const bits = request.tcpFlags ?? (inside ? 2 : 16);
  const flags = [...'FSRPAU'].filter((_, i) => (bits & (1 << i)) !== 0).join('');
  const l4 =
    protocol === 6
      ? tcp({ sport, dport, flags })
      : protocol === 17
        ? udp({ sport, dport })
        : protocol === 1
          ? icmp({ type: reply ? 0 : 8, id: reply ? dport : sport < 0 ? 1 : sport })
          : new Uint8Array(0);
  const headers = 20 + (protocol === 6 ? 20 : protocol === 17 || protocol === 1 ? 8 : 0);
  const head = ipv4({
    src: ip(request.source),
    dst: ip(request.destination),
    ttl: request.ttl,
    tos: request.tos,
    df: request.dontFragment,
    protocol,
  });
  const tags = tag === 0 ? [] : [vlan({ id: tag })];
  assert.ok(world.names.includes(device));
  return packet(
    eth({ dst: tag === 7 ? world.mac(world.snapshot.rifs.byVlan[7]! - 1) : mac }),
    ...tags,
    head,
    l4,
    new Uint8Array(Math.max(0, length - headers)),
  );
}

/** Every octet of the state, to be compared with later. Takes room once. */
export class Octets {
  readonly #views: readonly Buffer[];
  readonly #copies: readonly Buffer[];

  constructor(world: World) {
    const shared = Object.values(world.buffers)
      .flat()
      .filter((one) => one instanceof SharedArrayBuffer);
    this.#views = shared.map((one) => Buffer.from(one));
    this.#copies = this.#views.map((view) => Buffer.alloc(view.length));
  }

  remember(): void {
    for (const [i, view] of this.#views.entries()) view.copy(this.#copies[i]!);
  }

  areSame(): boolean {
    return this.#views.every((view, i) => view.equals(this.#copies[i]!));
  }
}

/** Flags that a trace has assumed where nobody said any. */
export function assumedFlags({ steps }: TraceAnswer): Partial<Pick<TraceRequest, 'tcpFlags'>> {
  const { found = '' } = steps.find(({ step }) => step === 'assumed') ?? {};
  const [, flags] = /^flags ([SA]), /.exec(found) ?? [];
  return flags === undefined ? {} : { tcpFlags: flags === 'S' ? TcpFlag.Syn : TcpFlag.Ack };
}
