import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { CounterEvent, IfaceCounter } from '../../src/shared/counters.js';
import { Verdict } from '../../src/shared/verdict.js';
import { AddressKind, AddressRow } from '../../src/tables/addresses.js';
import { FibAction, FibRule } from '../../src/tables/fib.js';
import { Adjacency, NeighborState, NeighborsHead } from '../../src/tables/neighbors.js';
import { trieLookup } from '../../src/tables/prefixTrie.js';
import { GATEWAY_ROUTER, Rif, RifFlag, RifRole } from '../../src/tables/rifs.js';
import { Session } from '../../src/tables/sessions.js';
import { Static } from '../../src/tables/statics.js';
import { describeFrame } from '../../src/wire/describe.js';
import { checkIndices } from './checkIndices.js';
import { checkPorts } from './checkPorts.js';
import { checksumFault, decode } from './decode.js';
import { wireIp } from './octets.js';
import type { World } from './world.js';

/**
 * What holds after any traffic: every frame received has one verdict and those that waited are counted once; every frame sent
 * has valid checksums and, outside, a source of ours; sessions, ports and references agree.
 */
export function checkConservation(
  w: World,
  sent: readonly { iface: number; frame: MemoryFrame }[],
  checksums: boolean,
  /** Of a service (asService.ts): frames it got from its networks. */
  pushed: number | undefined,
): void {
  const { verdicts, events } = w.state.counters;
  assert.equal(verdicts[Verdict.Continue], 0, 'a frame left forward without a verdict');
  const decided = verdicts.reduce((sum, n) => sum + n, 0);
  assert.equal(
    pushed ?? w.rifTotal(IfaceCounter.RxFrames),
    decided - events[CounterEvent.Requeued]! - events[CounterEvent.HandedIn]!,
    'frames received = verdicts - taken up again - taken from other workers',
  );
  if (pushed === undefined) assert.equal(w.rifTotal(IfaceCounter.TxFrames), sent.length, 'frames counted as sent = frames sent');
  for (const { iface, frame } of sent) {
    const fault = checksums ? checksumFault(frame.octets, frame.virtio) : undefined;
    if (fault !== undefined) assert.fail(`${fault}: ${describeFrame(frame.octets, frame.virtio)}`);
    if (isOutside(w, iface, pushed !== undefined) && !sourceIsOurs(w, routerOf(w, iface, pushed !== undefined), frame))
      assert.fail(`an inside source left: ${describeFrame(frame.octets, frame.virtio)}`);
  }
  checkSessions(w);
}

function isOutside(w: World, iface: number, isService: boolean): boolean {
  if (isService) {
    const at = w.index.rif(w.names[iface]!) * Rif.Words;
    return w.cx.rifs.rows[at + Rif.Role] === RifRole.Outside && (w.cx.rifs.rows[at + Rif.Flags]! & RifFlag.Untranslated) === 0;
  }
  for (let rif = 0; rif < w.cx.rifs.count; rif++) {
    const at = rif * Rif.Words;
    if (w.cx.rifs.rows[at + Rif.Iface] === iface && w.cx.rifs.rows[at + Rif.Role] === RifRole.Inside) return false;
  }
  return true;
}

function routerOf(w: World, iface: number, isService: boolean): number {
  return isService ? w.cx.rifs.rows[w.index.rif(w.names[iface]!) * Rif.Words + Rif.Router]! : GATEWAY_ROUTER;
}

function sourceIsOurs(w: World, router: number, frame: MemoryFrame): boolean {
  const addresses = w.cx.routers.addresses[router]!;
  const source = decode(frame.octets).ipv4?.src;
  if (source === undefined) return true;
  const address = wireIp(source);
  if (w.index.addresses().has(address) || isStatic(w, address)) return true;
  const route = trieLookup(addresses.trie, address);
  const type = route < 0 ? -1 : addresses.rows[route * AddressRow.Words + AddressRow.Kind];
  // An external address of a static mapping alone has a route and no ports.
  return type === AddressKind.Local || type === AddressKind.Zone || isOfRuleNat(w, address);
}

/** The external address of a static mapping, now or earlier. */
function isStatic(w: World, address: number): boolean {
  return w.snapshots
    .flatMap(({ routers }) => routers.statics)
    .some(({ count, rows }) =>
      Array.from({ length: count }, (_, i) => rows[i * Static.Words + Static.External]).includes(address),
    );
}

/** An address that a rule of action nat makes of others. */
function isOfRuleNat(w: World, address: number): boolean {
  for (const { rules, ruleCount } of w.snapshots.map((one) => one.fib))
    for (let at = 0; at < ruleCount * FibRule.Words; at += FibRule.Words)
      if (
        rules[at + FibRule.Action] === FibAction.Nat &&
        rules[at + FibRule.FromMask] !== 0 &&
        ((rules[at + FibRule.NatAddress]! ^ address) & rules[at + FibRule.FromMask]!) === 0
      )
        return true;
  return false;
}

/**
 * Indices, ports, mappings and hosts as they should be, one reference per adjacency named and per made frame that waits, the
 * count right; none live: nothing left.
 */
export function checkSessions(w: World): void {
  const rows = w.rows();
  assert.equal(w.sessionCount, rows.length, 'session count = live rows');
  checkIndices(w);
  checkPorts(w);
  const references = new Map<number, number>();
  for (const row of rows) {
    for (const word of [Session.OutwardAdjacency, Session.InwardAdjacency]) {
      const adjacency = w.sessions.rows[row + word]!;
      if (adjacency >= 0) references.set(adjacency, (references.get(adjacency) ?? 0) + 1);
    }
  }
  const n = w.state.neighbors;
  for (let i = 0; i < n.head[NeighborsHead.HighWater]!; i++) {
    const row = i * Adjacency.Words;
    if (n.rows[row + Adjacency.State] === NeighborState.Free) continue;
    // Frames the gateway made hold the row they wait for as well.
    const waiting = n.rows[row + Adjacency.References]! - (references.get(row) ?? 0);
    assert.ok(waiting >= 0 && waiting <= w.cx.pending.waiting(row), `references of neighbour row ${row}: ${waiting} too many`);
  }
  assert.equal(
    w.event(CounterEvent.SessionsCreated) -
      w.event(CounterEvent.SessionsExpired) -
      w.event(CounterEvent.SessionsPurged) -
      w.event(CounterEvent.SessionsRecycled),
    rows.length,
    'created - expired - purged - recycled = live',
  );
}
