import assert from 'node:assert/strict';
import type { Config } from '../../src/config/config.js';
import { METADATA_KEY } from '../../src/control/buildRifs.js';
import { type Built, buildSnapshot } from '../../src/control/buildSnapshot.js';
import { snatHostsOf } from '../../src/control/dvr/placement/snatPlacement.js';
import { PortMoves } from '../../src/control/dvr/ports/portMoves.js';
import type { HostView } from '../../src/control/dvr/view/hostView.js';
import { hostViewOf } from '../../src/control/dvr/view/hostViewOf.js';
import { announceNew } from '../../src/control/reload/announceNew.js';
import { serveFor } from '../../src/control/reload/serveFor.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { GoneIface } from '../../src/io/goneIface.js';
import type { Iface } from '../../src/io/iface.js';
import { type MemoryFrame, MemoryIface } from '../../src/io/memoryIface.js';
import type { Claim } from '../../src/objects/claims.js';
import type { Objects } from '../../src/objects/model.js';
import { PipelineContext } from '../../src/pipeline/context.js';
import { Outlet } from '../../src/pipeline/outlet.js';
import { ControlWord } from '../../src/shared/control.js';
import { CounterEvent, framesReceived } from '../../src/shared/counters.js';
import { Verdict, verdictSpec } from '../../src/shared/verdict.js';
import { sendFromRouter } from '../../src/switching/fromRouter.js';
import { FIRST_LPORT } from '../../src/tables/rifs.js';
import { type State, stateOf } from '../../src/tables/state.js';
import { frameMemoryIn, makeArena } from '../../src/wire/memory.js';
import { useSnapshot } from '../../src/worker/adopt.js';
import { startClock } from '../../src/worker/clock.js';
import { Spin } from '../../src/worker/spin.js';
import { Turn } from '../../src/worker/turn.js';
import type { Crossing } from './crossing.js';
import { mac } from './dvrSample.js';
import { type FabricSeat, fabricBuffers } from './fabricSeat.js';
import { keyOf, MemoryTunnel, vniOf } from './memoryTunnel.js';
import { lan } from './sample.js';
import { configOf, HELD_CHUNKS } from './worldParts.js';

const VXLAN_SLOT = 20;
const GRE_SLOT = 21;
export const PHYSNET_SLOT = 22;
const CONFIG = configOf(lan);
const BASE = { mac: mac('fa:16:3f:00:00:00'), octets: 3 } as const;

/** One host of the fabric: tables and turn as in production, devices in memory. */
export class FabricHost {
  readonly cx: PipelineContext;
  readonly state: State;
  readonly index: StateIndex;
  readonly #ports = new Map<string, MemoryIface>();
  readonly #seen = new Map<string, MemoryFrame[]>();
  readonly #tunnels: MemoryTunnel[];
  readonly #gone: GoneIface;
  readonly #physnetSlot: number;
  readonly physnet: MemoryIface;
  readonly #config: Config;
  /** The TAP to the metadata proxy, and what it was given. */
  readonly #proxy: MemoryIface;
  readonly #asked: MemoryFrame[] = [];
  #built: Built;
  #announced: Built | undefined;
  #turn: Turn;
  #ms = 1000;
  readonly moves: PortMoves;
  private readonly leased: boolean;

  constructor(
    readonly name: string,
    objects: Objects,
    cross: (crossing: Crossing) => void,
    /** One worker of several over the same state. */
    { worker = 0, buffers = fabricBuffers(1), physnet = PHYSNET_SLOT, metadata, leased = false }: FabricSeat = {},
    claims: readonly Claim[] = [],
  ) {
    this.#physnetSlot = physnet;
    this.leased = leased;
    const host = { name, mode: 'dvr', vtep: undefined, physnets: [], macRefresh: undefined, metadata } as const;
    this.#config = { ...CONFIG, host };
    this.state = stateOf(buffers, worker);
    this.index = new StateIndex(this.state.ports);
    this.moves = new PortMoves(name, () => this.#ms);
    this.#built = this.#build(objects, claims, undefined);
    const { snapshot } = this.#built;
    this.cx = new PipelineContext(frameMemoryIn(makeArena()), worker, this.state, snapshot, HELD_CHUNKS);
    startClock(this.cx, this.state.control, this.#ms, true, 1);
    const from = name;
    this.physnet = new MemoryIface(
      'wire',
      this.cx,
      ({ octets, virtio }) => cross({ kind: 'wire', from, to: 'physnet1', segment: 0, octets, virtio }),
      PHYSNET_SLOT,
    );
    const proxySlot = this.index.iface(METADATA_KEY);
    this.#proxy = new MemoryIface('proxy', this.cx, (frame) => this.#asked.push(frame), proxySlot);
    this.#tunnels = [
      new MemoryTunnel(this.cx, 0, VXLAN_SLOT, (to, payload) =>
        cross({ kind: 'vxlan', from, to, segment: vniOf(payload), octets: payload.subarray(8) }),
      ),
      new MemoryTunnel(this.cx, 1, GRE_SLOT, (to, payload) =>
        cross({ kind: 'gre', from, to, segment: keyOf(payload), octets: payload.subarray(8) }),
      ),
    ];
    this.#gone = new GoneIface(this.cx);
    const time = { nowMs: () => this.#ms | 0, nowMicros: () => 0, wait: () => 0, wake: () => {}, giveWay: () => {} };
    this.#turn = new Turn(this.cx, [], time, this.state.control, [100], new Spin(0), this.state.control[0]!, () => this.#adopt());
    this.#useDevices();
    this.cx.toNetwork = sendFromRouter;
    useSnapshot(this.cx, snapshot);
    this.cx.flush = () => this.#turn.send();
  }

  /** Other objects from the next turn on; what the host has learnt stays. */
  use(objects: Objects, claims: readonly Claim[]): void {
    this.#built = this.#build(objects, claims, this.#built);
    Atomics.add(this.state.control, ControlWord.Generation, 1);
  }

  /** Announces from the next tick on what is new since the last time, as worker 0 does when it takes over. `returned`: slots of devices. */
  announce(returned: ReadonlySet<number> = new Set()): void {
    const last = this.#announced;
    this.#announced = this.#built;
    this.#turn.tick.announce(last === undefined ? this.#built.snapshot.announce : announceNew(last, this.#built, returned));
  }

  #adopt(): number {
    this.#useDevices();
    useSnapshot(this.cx, this.#built.snapshot);
    return this.#built.snapshot.generation;
  }

  #build(objects: Objects, claims: readonly Claim[], before: Built | undefined): Built {
    const own = objects.hosts.find(({ name }) => name === this.name)!.mac!;
    const snatHosts = snatHostsOf(objects);
    const remembered = this.moves.follow(objects, snatHosts);
    const whole = hostViewOf(
      objects,
      { name: this.name, mac: own, prefix: BASE },
      claims,
      remembered,
      snatHosts,
      before?.view.numbers.remembered,
    );
    const slot = this.#physnetSlot;
    const { leased } = this;
    const view = { ...whole, services: whole.services.map((one) => ({ ...one, leased })) };
    const slots = { physnet: () => slot, physnets: [slot], vxlan: VXLAN_SLOT, gre: GRE_SLOT, macRefreshMs: 20_000 };
    const generation = (before?.snapshot.generation ?? 0) + 1;
    return buildSnapshot(this.#config, [1500, 1500, 1500], this.index, generation, generation, [], before, view, slots);
  }

  /** The ports' devices, those there already as they are. */
  #useDevices(): void {
    const ports = this.#built.view.lports.map(({ name: port }) => {
      const known = this.#ports.get(port);
      if (known !== undefined) return known;
      const seen: MemoryFrame[] = [];
      const iface = new MemoryIface(port, this.cx, (frame) => seen.push(frame), FIRST_LPORT + this.index.lport(port));
      this.#ports.set(port, iface);
      this.#seen.set(port, seen);
      return iface;
    });
    const ifaces: Iface[] = [...ports, this.physnet, this.#proxy, ...this.#tunnels, this.#gone];
    const outlets = Array.from({ length: FIRST_LPORT + 64 }, () => new Outlet());
    for (const { slot, outlet } of ifaces) outlets[slot] = outlet;
    this.cx.outlets = outlets;
    this.#turn.ifaces = ifaces;
  }

  /** What it goes by, compiled. */
  get built(): Built {
    return this.#built;
  }

  /** What it goes by. */
  get view(): HostView {
    return this.#built.view;
  }

  push(port: string, frame: MemoryFrame): void {
    const iface = this.#ports.get(port);
    assert.ok(iface !== undefined, `there is no port ${port} on ${this.name}`);
    iface.push(frame);
  }

  /** What the metadata proxy was given since the last call. */
  asked(): MemoryFrame[] {
    return this.#asked.splice(0);
  }

  /** A frame from the side of the metadata proxy. */
  answer(frame: MemoryFrame): void {
    this.#proxy.push(frame);
    this.run();
  }

  /** A frame from another host. */
  arrive({ kind, segment, octets, virtio }: Crossing, source: number): void {
    if (kind === 'wire') this.physnet.push(virtio === undefined ? { octets } : { octets, virtio });
    else this.#tunnels[kind === 'vxlan' ? 0 : 1]!.push(octets, segment, source);
  }

  run(): void {
    this.#turn.run();
    while (this.#turn.burst() > 0);
  }

  /** Main says for how long SNAT services may be served, from now on. */
  serveFor(ms: number): void {
    serveFor({ addon: { nowMs: () => this.#ms }, states: [this.state] }, ms);
  }

  advance(ms: number): void {
    this.#ms += ms;
  }

  /** What a port got since the last call. */
  got(port: string): Uint8Array[] {
    return this.gotFrames(port).map(({ octets }) => octets);
  }

  /** The same, with what its device was left to do. */
  gotFrames(port: string): MemoryFrame[] {
    return this.#seen.get(port)!.splice(0);
  }

  /** Whether a port is on it. */
  has(port: string): boolean {
    return this.#seen.has(port);
  }

  count(reason: string): number {
    for (let v = 1; v < Verdict.Count; v++) if (verdictSpec(v).reason === reason) return this.state.counters.verdicts[v]!;
    assert.fail(`there is no verdict "${reason}"`);
  }

  /** Every frame received has its verdict. */
  check(): void {
    const { verdicts, events, rifs } = this.state.counters;
    const all = verdicts.reduce((sum, n) => sum + n, 0);
    assert.equal(framesReceived(rifs), all - events[CounterEvent.Requeued]!, `conservation on ${this.name}`);
  }
}
