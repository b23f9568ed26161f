import assert from 'node:assert/strict';
import type { MemoryFrame } from '../../src/io/memoryIface.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../../src/shared/verdict.js';
import type { TraceAnswer } from '../../src/types/trace.js';
import type { World } from '../support/world.js';
import { compareLeaves, type Sent } from './tracedFrames.js';

/** Sends the frame that a trace told of, and holds what happens against what it said. */
export function judge(world: World, said: TraceAnswer, device: string, frame: MemoryFrame, sent: Sent, where: string): void {
  for (const iface of world.names) world.sent(iface);
  const counts = world.state.counters.verdicts.slice();
  world.send(device, frame);
  const risen = [...world.state.counters.verdicts].flatMap((n, v) => (n > counts[v]! ? [v] : []));
  const names = risen.map((v) => verdictSpec(v as Verdict).reason);
  // Which frames wait for which neighbour only the worker knows; the trace says how many there are.
  const room = ['queued', 'neighbor_queue_full'];
  if (room.includes(said.verdict) && !names.includes(said.verdict) && room.some((name) => names.includes(name))) {
    const [found] = said.steps.filter(({ step }) => step === 'neighbor').map((step) => step.found);
    // A part of a datagram without its first one has no steps of a way.
    if (found !== undefined) assert.match(found, /frames? waits? already/, where);
    return;
  }
  // The port that the new session gets may be the one it is addressed to, or one that was talked to: no one knows before.
  const isOpen = said.steps.some(
    ({ step, found }) => ['hairpin', 'filtering'].includes(step) && found.endsWith('unless its new port is that one'),
  );
  if (isOpen && !names.includes(said.verdict)) return;
  assert.ok(names.includes(said.verdict), `${where}: said ${said.verdict}, was ${names}\n${JSON.stringify(said, null, 1)}`);
  const wasSent = risen.includes(Verdict.Translated) || risen.includes(Verdict.Routed);
  // The packet may be the reason to ask for a neighbour for which others wait: then those have verdicts too.
  const isArp = ['arp_answered', 'arp_learned'].includes(said.verdict);
  const alone = risen.filter((v) => isArp || v > Verdict.ArpLearned || v < Verdict.ArpAnswered);
  if (alone.length > 1 || counts[alone[0]!]! + 1 !== world.state.counters.verdicts[alone[0]!]!) {
    if (said.verdict === 'queued' && wasSent && !said.says.includes('ropped as')) compareLeaves(world, said, sent, where);
    return;
  }
  assert.deepEqual([said.verdict, said.dropped], [verdictSpec(alone[0]! as Verdict).reason, alone[0]! >= FIRST_DROP], where);
  if (said.verdict !== 'queued') assert.equal(said.leaves !== null, wasSent, where);
  if (wasSent) compareLeaves(world, said, sent, where);
}
