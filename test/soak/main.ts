import { parseArgs } from 'node:util';
import { netnsSkipReason } from '../support/netns.js';
import { kinds } from '../system/support/bed.js';
import { soak, summary } from './soak.js';

/** npm run soak -- [--minutes 10] [--kind tap|packet] [--rate 1000]: prints samples and a verdict; exit code 1 when there is a fault. */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    kind: { type: 'string', default: 'tap' },
    rate: { type: 'string', default: '1000' },
  },
});
const kind = kinds.find((one) => one === values.kind);
const minutes = Number(values.minutes);
const rate = Number(values.rate);
if (kind === undefined || !(minutes > 0) || !(rate > 0)) {
  process.stderr.write('usage: soak [--minutes N] [--kind tap|packet] [--rate CONNECTIONS_PER_SECOND]\n');
  process.exit(2);
}
const missing = netnsSkipReason();
if (missing !== false) {
  process.stderr.write(`soak: ${missing}\n`);
  process.exit(1);
}
const report = await soak({
  kind,
  seconds: Math.round(minutes * 60),
  connectionsPerSecond: rate,
  print: (text) => process.stdout.write(`${text}\n`),
});
for (const text of summary(report)) process.stdout.write(`${text}\n`);
process.exitCode = report.faults.length === 0 ? 0 : 1;
