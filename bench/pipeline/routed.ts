/**
 * Child process: routed frames, which have no session, under few rules and routes and under many, in turns. Prints one JSON line with
 * nanoseconds per frame. The steady state must not depend on the size of the tables (dvr.md 4.3).
 *
 * usage: routed.js FLOWS ROUNDS
 */
import { loadConfig } from '../../src/config/load.js';
import { buildSnapshot } from '../../src/control/buildSnapshot.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { MAX_BURST } from '../../src/pipeline/burst.js';
import type { PipelineContext } from '../../src/pipeline/context.js';
import { Verdict } from '../../src/shared/verdict.js';
import { FibType } from '../../src/tables/fib.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { FrameRing, forwardAll, writeUdp } from './frames.js';
import { hex, KEY, warmContext } from './world.js';

const HOSTS = 250;
const MANY_RULES = 10_000;
const MANY_ROUTES = 1_000_000;
const BURSTS = 1024;
const MAIN = 254;

/** Two inside segments; the second has neighbours. */
function world(rules: number, routes: number): PipelineContext {
  const list = Array.from(
    { length: rules },
    (_, i) => `  - from 172.${16 + (i >> 12)}.${(i >> 4) & 0xff}.${i & 15} lookup ${i + 1000}`,
  );
  const neighbors = Array.from(
    { length: HOSTS },
    (_, h) => `  - { address: 10.1.1.${h + 1}, mac: '02:00:00:01:00:${hex(h)}', dev: to }`,
  );
  const text = `
name: bench
ifaces:
  - { name: from, tap: b0, role: inside, addresses: [10.0.0.1/16] }
  - { name: to, tap: b1, role: inside, addresses: [10.1.0.1/16] }
${rules === 0 ? '' : `rules:\n${list.join('\n')}`}
neighbors:
${neighbors.join('\n')}
limits: { neighbors: 1024, sessions: 16384 }
`;
  const { config, issues } = loadConfig(text, 'bench');
  if (config === undefined) throw new Error(`the bench configuration is faulty: ${issues[0]?.message}`);
  const own = stateOf(allocateState({ workers: 1, sessions: 16_384, neighbors: 1024, addresses: 4, hosts: 1024 }, KEY), 0);
  const { snapshot, fibStore } = buildSnapshot(config, [1500, 1500], new StateIndex(own.ports), 1, 1);
  const way = { rif: 1, gateway: 0x0201_010a, weight: 1, onlink: false, scope: 253 };
  for (let i = 0; i < routes; i++) {
    // 20.0.0.0/24 and up: as many prefixes as there are routes.
    const destination = (20 + (i >> 16)) | (((i >> 8) & 0xff) << 8) | ((i & 0xff) << 16);
    const plain = { tos: 0, metric: 0, scope: 0, source: 0, mtu: 0, mtuLocked: false, flags: 0, pool: 0 };
    fibStore.add({ ...plain, table: MAIN, destination, length: 24, type: FibType.Unicast, ways: [way] });
  }
  const fib = fibStore.snapshot();
  return warmContext(own, { ...snapshot, fib, routers: { ...snapshot.routers, fibs: [fib] } });
}

/** Frames of `flows` pairs of hosts, in turns. */
function frames(cx: PipelineContext, flows: number): FrameRing {
  const ring = new FrameRing(BURSTS);
  for (let n = 0; n < BURSTS * MAX_BURST; n++) {
    const flow = n % flows;
    const from = Math.floor(flow / HOSTS);
    writeUdp(cx, 0, {
      source: 10 | ((1 + (from >> 8)) << 16) | ((from & 0xff) << 24),
      destination: 10 | (1 << 8) | (1 << 16) | (((flow % HOSTS) + 1) << 24),
      sourcePort: 0x0004,
      destinationPort: 0x3500,
    });
    ring.store(cx, Math.floor(n / MAX_BURST), n % MAX_BURST);
  }
  return ring;
}

/** Nanoseconds per frame. */
function round(cx: PipelineContext, ring: FrameRing): number {
  const before = cx.counters.verdicts[Verdict.Routed]!;
  const spent = forwardAll(cx, ring, BURSTS);
  const routed = cx.counters.verdicts[Verdict.Routed]! - before;
  if (routed !== BURSTS * MAX_BURST) throw new Error(`${routed} frames were routed instead of ${BURSTS * MAX_BURST}`);
  return (spent * 1e6) / routed;
}

function main(flows: number, rounds: number): void {
  const [few, many] = [world(0, 0), world(MANY_RULES, MANY_ROUTES)];
  const rings = [frames(few, flows), frames(many, flows)];
  const ns: Record<'few' | 'many', number[]> = { few: [], many: [] };
  for (let r = -2; r < rounds; r++) {
    const [a, b] = [round(few, rings[0]!), round(many, rings[1]!)];
    if (r < 0) continue;
    ns.few.push(a);
    ns.many.push(b);
  }
  console.log(JSON.stringify(ns));
}

main(Number(process.argv[2]), Number(process.argv[3]));
