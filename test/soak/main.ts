import { parseArgs } from 'node:util';
import { netnsSkipReason } from '../support/netns.js';
import { kinds } from '../system/support/bed.js';
import { reloads } from './reloads.js';
import { soak, summary } from './soak.js';

/**
 * npm run soak -- [--minutes 10] [--kind tap|packet] [--rate 1000]: prints samples and a verdict; exit code 1 when there is a fault.
 * With --reloads 200 [--seed N] the configuration changes so many times under load instead (reloads.ts).
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    kind: { type: 'string', default: 'tap' },
    rate: { type: 'string', default: '1000' },
    reloads: { type: 'string' },
    seed: { type: 'string' },
  },
});
const kind = kinds.find((one) => one === values.kind);
const minutes = Number(values.minutes);
const rate = Number(values.rate);
const times = Number(values.reloads ?? 1);
const seed = Number(values.seed ?? Date.now() & 0x7fff_ffff);
if (kind === undefined || !(minutes > 0) || !(rate > 0) || !(times >= 1) || !Number.isInteger(seed)) {
  process.stderr.write(
    'usage: soak [--minutes N | --reloads N [--seed N]] [--kind tap|packet] [--rate CONNECTIONS_PER_SECOND]\n',
  );
  process.exit(2);
}
const missing = netnsSkipReason();
if (missing !== false) {
  process.stderr.write(`soak: ${missing}\n`);
  process.exit(1);
}
const print = (text: string): void => void process.stdout.write(`${text}\n`);
if (values.reloads === undefined) {
  const report = await soak({ kind, seconds: Math.round(minutes * 60), connectionsPerSecond: rate, print });
  for (const text of summary(report)) print(text);
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} else {
  const faults = await reloads({ kind, reloads: times, connectionsPerSecond: rate, seed, print });
  for (const fault of faults) print(`FAULT ${fault}`);
  if (faults.length === 0) print('reloads passed');
  process.exitCode = faults.length === 0 ? 0 : 1;
}
