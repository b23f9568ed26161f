import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIssue } from '../../src/config/issues.js';
import type { Claim } from '../../src/objects/claims.js';
import { readObjects } from '../../src/objects/load.js';
import type { Objects } from '../../src/objects/model.js';
import type { Crossing } from '../support/crossing.js';
import { decode } from '../support/decode.js';
import { ip, mac } from '../support/dvrSample.js';
import { type FabricHost, FabricWorld } from '../support/fabric.js';
import { packet, raw, vlan } from '../support/layers.js';
import { drawsOf } from '../support/long.js';
import { draw, planOf } from './eastWestDraw.js';
import { type EastWestFrame, frameOf, octetsOf, textOf, textOfOctets } from './eastWestFrames.js';
import { EastWestMemory } from './eastWestMemory.js';
import { EastWestModel } from './eastWestModel.js';
import { fileOf, type Plan, type PlanHost } from './eastWestPlan.js';
import { type Step, steps } from './eastWestSteps.js';
import { EastWestTables, isHostMac } from './eastWestTables.js';
import { SEED } from './seed.js';

/**
 * Hosts of a distributed router against a model of dvr.md: for each frame of a port or of the fabric, who gets it with which MACs and TTL,
 * and what crosses the fabric. In between objects change, and the same holds right after.
 */

/** More of them: WINDROSE_EAST_WEST_RUNS. */
const RUNS = Number(process.env.WINDROSE_EAST_WEST_RUNS ?? drawsOf(60, 1500));

test(`F1-F9 F18-F25 F30 F53 F55 F60 each frame goes where dvr.md says, whatever the objects are and become, seed ${SEED}`, () => {
  let told = 0;
  let open = 0;
  let heard = 0;
  let arrived = 0;
  fc.assert(
    fc.property(draw, steps, (first, all) => {
      let now = first;
      let plan = planOf(now);
      const w = new FabricWorld(objectsOf(plan), claimsOf(plan));
      const touched = new Set<string>();
      const memory = new EastWestMemory();
      for (const step of all) {
        if (step.kind === 'change' || step.kind === 'time') {
          const before = plan;
          if (step.kind === 'change') now = step.change(now);
          else {
            memory.pass(step.ms);
            for (const host of w.hosts.values()) host.advance(step.ms);
          }
          plan = planOf(now);
          memory.change(before, plan);
          w.use(objectsOf(plan), claimsOf(plan));
          for (const address of lost(before, plan, memory)) touched.add(address);
          // Frames that waited for a neighbour whose router is gone are decided again.
          w.settle();
          invariants(plan, seenIn(w, plan));
          continue;
        }
        const result = act(w, plan, step, touched, memory);
        if (result.heard > 0) arrived++;
        invariants(plan, result.seen);
        if (result.expected === undefined) open++;
        else {
          told++;
          if (result.expected.length > 0) heard++;
          assert.deepEqual(
            result.seen.map(({ line }) => line).sort(),
            [...result.expected].sort(),
            `${result.said}\n${fileOf(plan)}\n${JSON.stringify(plan.claims)}`,
          );
        }
      }
      w.check();
    }),
    { seed: SEED, numRuns: RUNS, includeErrorInReport: true },
  );
  const all = `${told} frames judged, of ${heard} somebody heard; ${open} left open`;
  assert.ok(told > open * 4 && heard > told / 6 && arrived > RUNS / 10, `${all}; ${arrived} guests arrived`);
});

interface Seen {
  readonly line: string;
  readonly octets: Uint8Array;
  readonly crossing: Crossing | undefined;
}

function act(
  w: FabricWorld,
  plan: Plan,
  step: Exclude<Step, { kind: 'change' | 'time' }>,
  touched: Set<string>,
  memory: EastWestMemory,
) {
  const model = new EastWestModel(plan, new EastWestTables(plan, memory), touched);
  const bound = plan.ports.filter(({ host }) => host !== undefined);
  const from = bound[step.frame.port % Math.max(1, bound.length)];
  let said = 'nobody is there';
  let heard = 0;
  if (from !== undefined) {
    const one = frameOf(step.frame, plan, from);
    if (step.kind === 'frame' && from.migratingTo !== undefined && step.frame.dst[1] % 2 === 1) {
      said = `${from.name} sends at ${from.migratingTo} ${textOf(one)}`;
      w.send(from.migratingTo, from.name, octetsOf(one));
      heard = Number(arrivedAt(w.on(from.migratingTo), from.name));
      assert.equal(heard, Number(model.atDestination(from, one)), said);
    } else if (step.kind === 'frame') {
      said = `${from.name} on ${from.host} sends ${textOf(one)}`;
      model.fromPort(from, one);
      w.send(from.host!, from.name, octetsOf(one));
    } else {
      const to = plan.hosts[step.to % plan.hosts.length]!;
      // Sometimes from an address that is no host's.
      const peer = plan.hosts[step.from % (plan.hosts.length + 1)];
      said = `${peer?.name} sends to ${to.name} on ${from.network}: ${textOf(one)}`;
      if (inject(w, plan, to, peer, from.network, one)) model.fromFabric(to, from.network, one, peer?.name ?? '');
    }
  }
  return { said, heard, seen: seenIn(w, plan), expected: model.open ? undefined : model.lines };
}

/** Whether a guest was heard; that is forgotten, as if it had not been. */
function arrivedAt({ state, index, moves }: FabricHost, port: string): boolean {
  const migration = moves.awaited.get(port);
  return migration !== undefined && Atomics.exchange(state.arrivals, index.lport(port), 0) === migration;
}

/** False when nothing was sent that could be taken up. */
function inject(w: FabricWorld, plan: Plan, to: PlanHost, peer: PlanHost | undefined, on: string, one: EastWestFrame): boolean {
  const { type, id } = plan.networks.find(({ name }) => name === on)!;
  const octets = octetsOf(one);
  if (type === 'local') return false;
  const tunnel = type === 'vxlan' || type === 'gre';
  const tagged = type === 'vlan' ? tag(octets, id) : octets;
  w.on(to.name).arrive(
    { kind: tunnel ? type : 'wire', from: peer?.name ?? '', to: '', segment: id, octets: tagged },
    ip(peer?.vtep ?? '203.0.113.1'),
  );
  w.settle();
  return !tunnel || (peer !== undefined && peer !== to);
}

function tag(octets: Uint8Array, id: number): Uint8Array {
  const type = (octets[12]! << 8) | octets[13]!;
  return Uint8Array.from([...octets.subarray(0, 12), 0x81, 0x00, ...packet(vlan({ id, type }), raw(octets.subarray(14)))]);
}

function seenIn(w: FabricWorld, plan: Plan): Seen[] {
  const crossed = w.take().filter(({ octets }) => !isAnnouncement(octets));
  const seen: Seen[] = crossed.map((crossing) => {
    const { kind, from, to, segment, octets } = crossing;
    return { line: `${kind} ${from}>${to} ${decode(octets).vlan?.id ?? segment} ${textOfOctets(octets)}`, octets, crossing };
  });
  for (const { name, host, migratingTo } of plan.ports)
    if (host !== undefined)
      for (const octets of [host, migratingTo ?? host].flatMap((at) => w.on(at).got(name)).filter((one) => !isAnnouncement(one)))
        seen.push({ line: `port ${name} ${textOfOctets(octets)}`, octets, crossing: undefined });
  return seen;
}

/** RARP, tagged or not: MACs told to switches are another test's. */
function isAnnouncement(octets: Uint8Array): boolean {
  return [12, 16].some((at) => octets[at] === 0x80 && octets[at + 1] === 0x35);
}

/** I2, I3, and nothing goes where nobody is. */
function invariants(plan: Plan, seen: readonly Seen[]): void {
  const tables = new EastWestTables(plan);
  for (const { line, octets, crossing } of seen) {
    const { eth, arp } = decode(octets);
    if (crossing === undefined) {
      assert.ok(!isHostMac(eth!.src) && !(arp !== undefined && isHostMac(arp.senderMac)), `I3: ${line}`);
      continue;
    }
    assert.ok(![eth!.src, eth!.dst, arp?.senderMac ?? ''].some((one) => tables.isRif(one)), `I2: ${line}`);
    if (crossing.kind === 'wire') continue;
    const { name } = plan.networks.find(({ type, id }) => type === crossing.kind && id === crossing.segment)!;
    const { name: to } = plan.hosts.find(({ vtep }) => vtep === crossing.to)!;
    assert.ok(
      plan.ports.some(({ network: on, host, up }) => on === name && host === to && up) || arp?.op === 2,
      `presence: ${line}`,
    );
  }
}

/** Addresses of which routers may still remember somebody. */
function lost(before: Plan, after: Plan, memory: EastWestMemory): string[] {
  const [was, is] = [new EastWestTables(before), new EastWestTables(after)];
  const known = before.networks.flatMap(({ name }) =>
    [...was.known(name).keys()].filter((address) => !is.known(name).has(address)),
  );
  // Those of a router that is kept are known until it goes, whenever that is.
  const kept = after.rifs.filter(({ router }) => after.hosts.some(({ name }) => memory.keeps(name, router)));
  return [...known, ...kept.map(({ address }) => address)];
}

function objectsOf(plan: Plan): Objects {
  const { objects, issues } = readObjects(fileOf(plan), 'plan.yaml');
  assert.ok(objects !== undefined, issues.map(formatIssue).join('\n'));
  return objects;
}

function claimsOf({ claims }: Plan): Claim[] {
  return claims
    .map((one, i) => ({ ...one, address: ip(one.address), mac: mac(one.mac), seq: i, revision: i }))
    .filter(
      ({ network: on, address }, i, all) => !all.some((later, k) => k > i && later.network === on && later.address === address),
    );
}
