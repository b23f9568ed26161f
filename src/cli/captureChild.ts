import { finishFrame, frameRoom, wireOctets } from '../control/capture/finishFrame.js';
import { frameLine } from '../control/capture/frameLine.js';
import { listen, SNAP_OCTETS } from '../control/capture/listener.js';
import { PcapFile } from '../control/capture/pcapFile.js';
import { WindroseError } from '../errors/catalog.js';
import type { CaptureTask } from './captureTask.js';
import { Exit, fail } from './fail.js';
import { print } from './print.js';
import { superFrameText } from './superFrame.js';

/**
 * The program that listens: `capture.ts` starts it in the namespace of the device, with its task as the only argument. It ends
 * with SIGINT, SIGTERM or SIGHUP, when it has what was asked for, or is ended because the device went; the file is whole in each
 * case.
 */

/** Microseconds since 1970. cap does not pass on the time the kernel saw the frame; this is when it was taken. */
function nowMicros(): number {
  return (performance.timeOrigin + performance.now()) * 1000;
}

function capture(task: CaptureTask): void {
  const room = frameRoom();
  let frames = 0;
  let superFrames = 0;
  let file: PcapFile | undefined;
  let stop: () => void = () => {};
  let ended = false;
  const end = (why: string): void => {
    if (ended) return;
    ended = true;
    stop();
    file?.close();
    const large = superFrames === 0 ? '' : `, ${superFrames} of them super-frames`;
    process.stderr.write(`windrose: ${frames} ${frames === 1 ? 'frame' : 'frames'} captured on ${task.label}${large}${why}.\n`);
    process.exitCode = Exit.Done;
    // What libpcap still holds open must not keep the process.
    setImmediate(() => process.exit());
  };
  /** False: the reader of the file went away. A file that can take no more, on a full disk for instance, ends the process. */
  const written = (finished: Uint8Array, time: ReturnType<typeof nowMicros>): boolean => {
    try {
      return file?.add(finished, wireOctets(finished), time) !== false;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      process.exit(fail(new WindroseError('CAPTURE_FILE', String(task.file), code, error)));
    }
  };
  const frame = (octets: Uint8Array): void => {
    if (ended) return;
    const time = nowMicros();
    const finished = finishFrame(room, octets);
    frames++;
    const said = superFrameText(finished, task.mtu);
    if (said !== '') superFrames++;
    const printed = !task.text || print(`${frameLine(finished, time)}${said}\n`);
    if (!printed || !written(finished, time)) end('; the reader is gone');
    else if (frames === task.count) end('');
  };
  stop = listen(task.device, task.filter, frame);
  if (task.file !== undefined) file = openFile(task.file);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(''));
  if (task.seconds !== undefined) setTimeout(() => end(''), task.seconds * 1000);
  process.stderr.write(`windrose: listening on ${task.label}${task.filter === '' ? '' : `, ${task.filter}`}\n`);
}

function openFile(path: string): PcapFile {
  try {
    return new PcapFile(path, SNAP_OCTETS);
  } catch (error) {
    throw new WindroseError('CAPTURE_FILE', path, (error as NodeJS.ErrnoException).code ?? String(error), error);
  }
}

try {
  capture(JSON.parse(process.argv[2]!) as CaptureTask);
} catch (error) {
  process.exit(fail(error));
}
