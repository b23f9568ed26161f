import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { loadAddon } from '../io/addon.js';
import { PipelineContext } from '../pipeline/context.js';
import { ControlWord, WorkerState } from '../shared/control.js';
import { sendFromRouter } from '../switching/fromRouter.js';
import { SessionsHead } from '../tables/sessions.js';
import { stateOf } from '../tables/state.js';
import { frameMemoryIn } from '../wire/memory.js';
import { adoptMessages, useSnapshot } from './adopt.js';
import { startClock } from './clock.js';
import { Devices } from './devices.js';
import type { WorkerAnswer, WorkerMessage, WorkerSeat, WorkerStart } from './protocol.js';
import { recoverWorker } from './recoverWorker.js';
import { Spin } from './spin.js';
import { Turn } from './turn.js';
import { warmUp } from './warmUp.js';

/** First tick of a fresh worker; not 0, because 0 stands for "never" in places. */
const FIRST_TICK = 1;
/** Of a CPU that others want as well. Shorter than anybody's by default (1.4 ms on two CPUs, 2.8 ms on eight), and long enough for a burst. */
const TURN_MICROS = 500;
/** A worker whose frames wait warms up no longer: a second where it has a CPU, and many where thirty others want it. */
const MOST_WARM_UP_MS = 3000;
/** A spare that warms up rests so many times as long as it has worked. */
const RESTS = 1;

/** Thread entry: warm up; take a place, at once or when one falls empty; turn until told to stop. */
function work(start: WorkerStart, port: MessagePort): void {
  const warm = stateOf(start.warmUp.state, 0);
  const cx = new PipelineContext(frameMemoryIn(start.arena), 0, warm, start.warmUp.snapshots[0]);
  if (start.seat !== undefined) {
    const { control } = stateOf(start.seat.state, start.seat.id);
    Atomics.store(control, ControlWord.State, WorkerState.WarmingUp);
  }
  if (start.seat === undefined) warmUp(cx, start.warmUp, restUntil(new Int32Array(start.go)));
  else warmUp(cx, start.warmUp, undefined, MOST_WARM_UP_MS);
  if (start.seat === undefined) port.postMessage({ kind: 'warm' } satisfies WorkerAnswer);
  takeSeat(cx, start.seat ?? awaitSeat(start.go, port), port);
}

/**
 * A spare warms up beside workers that forward already: it leaves the CPU to them for half of the time, until it is needed
 * (`go` is no longer 0). A lower priority would do the same, but without CAP_SYS_NICE there is no way back from it.
 */
function restUntil(go: Int32Array): () => void {
  let began = performance.now();
  return () => {
    Atomics.wait(go, 0, 0, (performance.now() - began) * RESTS);
    began = performance.now();
  };
}

/** A spare is warm and waits, so that a failed worker's frames wait for milliseconds and not for a warm-up (D10). */
function awaitSeat(go: SharedArrayBuffer, port: MessagePort): WorkerSeat {
  Atomics.wait(new Int32Array(go), 0, 0);
  const { message } = receiveMessageOnPort(port) as { message: WorkerMessage };
  if (message.kind !== 'seat') throw new Error(`a spare worker got the message "${message.kind}"`);
  return message.seat;
}

/** Takes over the state, borrows the devices and turns. */
function takeSeat(cx: PipelineContext, seat: WorkerSeat, port: MessagePort): void {
  const addon = loadAddon();
  const state = stateOf(seat.state, seat.id);
  const { control } = state;
  const fresh = Atomics.load(control, ControlWord.Restarts) === 0;
  if (seat.mirror !== undefined) state.ports.mirror = new Uint8Array(addon.bpfMapMemory(seat.mirror.fd, seat.mirror.octets));
  cx.attach(state);
  cx.worker = seat.id;
  cx.random.seed(addon.nowMicros() ^ (seat.id << 28));
  startClock(cx, control, addon.nowMs(), fresh, FIRST_TICK);
  if (fresh) state.sessions.head[SessionsHead.WheelTick] = cx.now;
  else {
    Atomics.store(control, ControlWord.State, WorkerState.Recovering);
    recoverWorker(cx);
  }
  const devices = new Devices(cx, addon, seat.tunnels);
  const ifaces = devices.use(seat.ifaces);
  Atomics.store(control, ControlWord.PrivateFiles, addon.privateFiles(seat.channelFd) ? 1 : 0);
  useSnapshot(cx, seat.snapshot);
  const turn = new Turn(cx, ifaces, addon, control, seat.wakeFds, new Spin(seat.spin), seat.snapshot.generation, (t) =>
    adoptMessages({ port, devices }, t),
  );
  turn.watched = devices.watched;
  cx.flush = () => turn.send();
  cx.toNetwork = sendFromRouter;
  // Also after a failure: what its predecessor had not announced yet is not known.
  if (seat.id === 0) turn.tick.announce(seat.snapshot.announce);
  if (seat.cpu >= 0) addon.pinThread(seat.cpu);
  Atomics.store(control, ControlWord.ShortTurns, addon.takeShortTurns(TURN_MICROS) ? 1 : 0);
  Atomics.store(control, ControlWord.Acknowledged, seat.snapshot.generation);
  Atomics.store(control, ControlWord.State, WorkerState.Running);
  while (oneTurn(turn));
  devices.close();
  Atomics.store(control, ControlWord.State, WorkerState.Stopped);
}

/** The loop calls a function: a bare loop over the turn's body could not be terminated (D11). */
function oneTurn(turn: Turn): boolean {
  return turn.run();
}

work(workerData as WorkerStart, parentPort!);
