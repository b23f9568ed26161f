import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { loadAddon } from '../io/addon.js';
import { PipelineContext } from '../pipeline/context.js';
import { ControlWord, WorkerState } from '../shared/control.js';
import { SessionsHead } from '../tables/sessions.js';
import { stateOf } from '../tables/state.js';
import { frameMemoryIn } from '../wire/memory.js';
import { adoptMessages, useSnapshot } from './adopt.js';
import { startClock } from './clock.js';
import { Devices } from './devices.js';
import type { WorkerStart } from './protocol.js';
import { recoverWorker } from './recoverWorker.js';
import { Turn } from './turn.js';
import { warmUp } from './warmUp.js';

/** First tick of a fresh worker; not 0, because 0 stands for "never" in places. */
const FIRST_TICK = 1;

/** Thread entry: warm up, take over the state, borrow the devices, turn until told to stop. */
function work(start: WorkerStart, port: MessagePort): void {
  const addon = loadAddon();
  const state = stateOf(start.state, start.id);
  const { control } = state;
  const memory = frameMemoryIn(start.arena);
  const cx = new PipelineContext(memory, start.id, state, start.warmUp.snapshots[0]);

  Atomics.store(control, ControlWord.State, WorkerState.WarmingUp);
  warmUp(cx, start.warmUp);

  const fresh = Atomics.load(control, ControlWord.Restarts) === 0;
  cx.attach(state);
  startClock(cx, control, addon.nowMs(), fresh, FIRST_TICK);
  if (fresh) state.sessions.head[SessionsHead.WheelTick] = cx.now;
  else {
    Atomics.store(control, ControlWord.State, WorkerState.Recovering);
    recoverWorker(cx);
  }
  const devices = new Devices(cx, addon);
  const ifaces = devices.use(start.ifaces);
  Atomics.store(control, ControlWord.PrivateFiles, addon.privateFiles(start.channelFd) ? 1 : 0);
  useSnapshot(cx, start.snapshot);
  const turn = new Turn(cx, ifaces, addon, control, start.wakeFd, start.spinMicros, start.snapshot.generation, (t) =>
    adoptMessages({ port, devices }, t),
  );
  cx.flush = () => turn.send();
  if (fresh) turn.tick.announce(start.snapshot.announce);
  if (start.cpu >= 0) addon.pinThread(start.cpu);
  Atomics.store(control, ControlWord.Acknowledged, start.snapshot.generation);
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
