import type { PipelineContext } from '../pipeline/context.js';
import { ControlWord, TICK_MS } from '../shared/control.js';

/**
 * Sets the context's clock from a wrapping millisecond count (D15). Ticks are counted up by differences, so neither the wrap of
 * the count nor a replaced worker makes them jump: the three words outlive the worker.
 */
export function setClock(cx: PipelineContext, control: Int32Array, ms: number): void {
  if (ms === cx.nowMs) return;
  const passed = (ms - control[ControlWord.ClockMs]!) | 0;
  cx.nowMs = ms;
  if (passed < 0) return;
  const rest = control[ControlWord.ClockRest]! + passed;
  const ticks = (rest / TICK_MS) | 0;
  control[ControlWord.ClockMs] = ms;
  control[ControlWord.ClockRest] = rest - ticks * TICK_MS;
  if (ticks === 0) return;
  cx.now = (cx.now + ticks) | 0;
  control[ControlWord.ClockTick] = cx.now;
}

/** First start: time begins at `tick`. A replacement goes on from what its predecessor left. */
export function startClock(cx: PipelineContext, control: Int32Array, ms: number, fresh: boolean, tick: number): void {
  if (fresh) {
    control[ControlWord.ClockMs] = ms;
    control[ControlWord.ClockRest] = 0;
    control[ControlWord.ClockTick] = tick;
  }
  cx.now = control[ControlWord.ClockTick]!;
  cx.nowMs = ms - 1;
  setClock(cx, control, ms);
}
