import { readFileSync } from 'node:fs';
import { Bed, client, type Kind, SERVER, scenarioFile, server } from '../system/support/bed.js';
import { atRest } from '../system/support/memory.js';
import { eventually } from '../system/support/scenario.js';

/** A device is deleted and made again, over and over, under a running gateway: what must be so at the end is said in `faults`. */
export interface ReturnsOptions {
  readonly kind: Kind;
  readonly workers: number;
  readonly returns: number;
  readonly print: (text: string) => void;
}

/** What is not counted: code that is compiled, and the heap that V8 keeps for the next ones, come with the first returns. */
const FIRST = 10;
/**
 * Growth per return that is noise: small tables and lists that workers hold until they collect garbage again, 30 to 45 KiB. The large ones
 * (keepTables.ts) were 300.
 */
const MOST_KIB_PER_RETURN = 100;
const SHOW_EVERY = 5;
/** A gateway opens the device within 0.2 s; on a machine that also does other things later. */
const WITHIN_MS = 8000;

/** Returns the faults; empty when all is as it must be. */
export async function returns({ kind, workers, returns: count, print }: ReturnsOptions): Promise<string[]> {
  const bed = new Bed(kind, [client, server], workers);
  try {
    await bed.start(scenarioFile('device-return', 'config.yaml'));
    const { pid } = bed.process.child as { pid: number };
    await atRest(pid);
    print(`${'returns'.padStart(8)}${'resident'.padStart(14)}`);
    const before = residentKib(pid);
    const after: number[] = [];
    print(`${'0'.padStart(8)}${mib(before)}`);
    for (let n = 1; n <= count; n++) {
      await replace(bed, n);
      after.push(residentKib(pid));
      if (n % SHOW_EVERY === 0) print(`${String(n).padStart(8)}${mib(after.at(-1)!)}`);
    }
    bed.on('client', `ping -c 1 -W 2 ${SERVER}`);
    const perReturn = (after.at(-1)! - after[FIRST - 1]!) / (count - FIRST);
    print(`resident memory grew by ${perReturn.toFixed(0)} KiB for each return after the first ${FIRST}`);
    await bed.checkConservation();
    const ended = await bed.process.stop();
    const faults = perReturn > MOST_KIB_PER_RETURN ? [`${perReturn.toFixed(0)} KiB stay of each return`] : [];
    return ended.code === 0 ? faults : [...faults, `the gateway ended with ${ended.code}: ${ended.stderr}`];
  } finally {
    await bed.stop().catch(() => {});
    bed.close();
  }
}

/** Deletes the device of `wan` and waits until the gateway has the `n`th one. */
async function replace(bed: Bed, n: number): Promise<void> {
  if (bed.kind === 'tap') bed.on('server', 'ip link del wan');
  else {
    bed.sandbox.run(bed.middle, 'ip link del wan');
    bed.sandbox.veth({ netns: bed.middle, device: 'wan' }, { netns: bed.netns('server'), device: 'wan' });
  }
  await eventually(
    () => bed.process.stdout.split('"msg":"device was gone and is opened again"').length - 1,
    (seen) => seen === n,
    WITHIN_MS,
  );
  bed.addressHosts();
}

function mib(kib: number): string {
  return `${(kib / 1024).toFixed(1)} MiB`.padStart(14);
}

function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
