import { Verdict } from '../shared/verdict.js';
import { slotRow } from '../tables/flowIndex.js';
import { flowHash } from '../tables/hash.js';
import { Ipv4 } from '../wire/ipv4.js';
import { Kind, type PipelineContext } from './context.js';

/**
 * Plain frames: what there is most of. Untagged or tagged by the kernel, IPv4 without options, whole TCP or UDP, no super-frame,
 * everything sound. They take a short cut through the pipeline (plainClassify.ts, plainTranslate.ts) that does to them exactly
 * what classify() and decide() would do; any other frame, and a plain one without a session that is ready to use, goes there.
 *
 * Why: V8 checks the map of every typed array, and loads its length and address again, at each function boundary, after each
 * call, and in each turn of a loop. So the short cut has few views (all of a frame's columns are one row here, all of the arena
 * is read as int32) and no calls inside its loops: that is where the gain comes from. The checks within the loops remain; a look
 * at every view ahead of a loop does not remove them (measured).
 */
export const enum Plain {
  /** 1 when the frame is plain; the other words are valid only then. */
  Is = 0,
  /** Router interface it came in through. */
  Rif,
  /** Octets of the IPv4 packet. */
  Octets,
  Protocol,
  /** Ports word as loaded. */
  Ports,
  Hash,
  /** 1 from inside, 0 from outside. */
  Outward,
  /** What the early look at index and row loaded. */
  Touched,
  Words = 8,
}

/**
 * Hashes, then loads the index word, then a word of the row of every plain frame: three loops, so that the cache misses of a
 * burst overlap (D37). The column keeps the loads from being dropped.
 */
export function touchPlain(cx: PipelineContext, count: number): void {
  const { plain, offsets } = cx;
  const i32 = cx.memory.i32;
  const { key, rows } = cx.sessions;
  const outwardSlots = cx.sessions.outward.slots;
  const inwardSlots = cx.sessions.inward.slots;
  const mask = cx.sessions.outward.mask;
  for (let f = 0, p = 0; f < count; f++, p += Plain.Words) {
    if (plain[p] === 0) continue;
    const w = (offsets[f]! + 14 + Ipv4.Source) >> 2;
    plain[p + Plain.Hash] = flowHash(key, i32[w]!, i32[w + 1]!, plain[p + Plain.Ports]!, plain[p + Plain.Protocol]!);
  }
  const end = count * Plain.Words;
  for (let p = 0; p < end; p += Plain.Words) {
    if (plain[p] === 0) continue;
    const s = plain[p + Plain.Hash]! & mask;
    plain[p + Plain.Touched] = plain[p + Plain.Outward] === 1 ? outwardSlots[s]! : inwardSlots[s]!;
  }
  for (let p = 0; p < end; p += Plain.Words) {
    if (plain[p] === 0) continue;
    const word = plain[p + Plain.Touched]!;
    if (word !== 0) plain[p + Plain.Touched] = rows[slotRow(word) << 4]!;
  }
}

/** Fills the columns that decide() reads, for a plain frame that it is to take over. */
export function leavePlain(cx: PipelineContext, f: number): void {
  const p = f * Plain.Words;
  const ip = cx.offsets[f]! + 14;
  cx.verdict[f] = Verdict.Continue;
  cx.kind[f] = Kind.Flow;
  cx.rif[f] = cx.plain[p + Plain.Rif]!;
  cx.ip[f] = ip;
  cx.end[f] = ip + cx.plain[p + Plain.Octets]!;
  cx.ports[f] = cx.plain[p + Plain.Ports]!;
  cx.hash[f] = cx.plain[p + Plain.Hash]!;
}
