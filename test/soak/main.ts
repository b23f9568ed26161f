import { parseArgs } from 'node:util';
import { netnsSkipReason } from '../support/netns.js';
import { kinds } from '../system/support/bed.js';
import { churn } from './churn.js';
import { fullRate } from './fullRate.js';
import { compareLookups } from './lookups.js';
import { networks } from './networks.js';
import { northSouth } from './northSouth.js';
import { objectChurn } from './objectChurn.js';
import { reloads } from './reloads.js';
import { returns } from './returns.js';
import { soak, summary } from './soak.js';

/**
 * npm run soak -- [--minutes 15] [--kind tap|packet] [--workers N] [--rate 50] [--seed N]: churn (churn.ts); prints samples and a
 * verdict; exit code 1 when there is a fault. With --streams a load of streams and many connections (soak.ts), with --full all that the
 * gateway can carry, the books balanced to the frame (fullRate.ts), with --networks what hosts of distributed routers send to each other
 * (networks.ts), with --churn objects of a cloud that change at random while its guests talk (objectChurn.ts), with --north-south routers,
 * gateways and floating IPs that come and go (northSouth.ts), with --reloads 200 the
 * configuration changes so many times under load (reloads.ts), both with one worker and --rate 1000. With --returns 30 a device is
 * deleted and made again so many times (returns.ts). With --lookups 1000000 so many
 * look-ups in random rules and routes are compared with the kernel (lookups.ts); churn does that at its end.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    kind: { type: 'string', default: 'tap' },
    workers: { type: 'string', default: '1' },
    rate: { type: 'string' },
    streams: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    networks: { type: 'boolean', default: false },
    churn: { type: 'boolean', default: false },
    'north-south': { type: 'boolean', default: false },
    reloads: { type: 'string' },
    returns: { type: 'string' },
    lookups: { type: 'string' },
    seed: { type: 'string' },
  },
});
const kind = kinds.find((one) => one === values.kind);
const minutes = Number(values.minutes);
const workers = Number(values.workers);
const lookups = Number(values.lookups ?? 1_000_000);
const chosen = [values.reloads, values.returns, values.lookups];
const others = [values.streams, values.full, values.networks, values.churn, values['north-south']];
const isChurn = !others.includes(true) && chosen.every((one) => one === undefined);
const rate = Number(values.rate ?? (isChurn ? 50 : 1000));
const times = Number(values.reloads ?? 1);
const replaced = Number(values.returns ?? 30);
const seed = Number(values.seed ?? Date.now() & 0x7fff_ffff);
if (
  kind === undefined ||
  !(lookups > 0) ||
  !(minutes > 0) ||
  !(rate > 0) ||
  !(times >= 1) ||
  !(replaced > 10) ||
  !(workers >= 1) ||
  !Number.isInteger(seed)
) {
  process.stderr.write(
    'usage: soak [--minutes N [--streams | --full | --networks | --churn | --north-south] | --reloads N | --returns N | --lookups N] [--seed N] [--workers N] [--kind tap|packet] [--rate CONNECTIONS_PER_SECOND]\n',
  );
  process.exit(2);
}
const missing = netnsSkipReason();
if (missing !== false) {
  process.stderr.write(`soak: ${missing}\n`);
  process.exit(1);
}
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const seconds = Math.round(minutes * 60);
if (isChurn) {
  const faults = await churn({ kind, workers, seconds, connectionsPerSecond: rate, seed, print });
  for (const fault of faults) print(`FAULT ${fault}`);
  if (faults.length === 0) print('churn passed');
  const differences = await compareLookups(lookups, seed, print);
  process.exitCode = faults.length + differences === 0 ? 0 : 1;
} else if (values.churn) {
  const faults = await objectChurn({ seconds, seed, workers, print });
  for (const fault of faults) print(`FAULT ${fault}`);
  if (faults.length === 0) print('churn of objects passed');
  process.exitCode = faults.length === 0 ? 0 : 1;
} else if (values['north-south']) {
  const faults = await northSouth({ seconds, seed, workers, print });
  for (const fault of faults) print(`FAULT ${fault}`);
  if (faults.length === 0) print('north-south passed');
  process.exitCode = faults.length === 0 ? 0 : 1;
} else if (values.networks) process.exitCode = await networks(minutes);
else if (values.lookups !== undefined) {
  process.exitCode = (await compareLookups(lookups, seed, print)) === 0 ? 0 : 1;
} else if (values.returns !== undefined) {
  const faults = await returns({ kind, workers, returns: replaced, print });
  for (const fault of faults) print(`FAULT ${fault}`);
  if (faults.length === 0) print('returns passed');
  process.exitCode = faults.length === 0 ? 0 : 1;
} else if (values.full) {
  const faults = await fullRate({ kind, workers, seconds, print });
  for (const fault of faults) print(`FAULT ${fault}`);
  if (faults.length === 0) print('soak passed');
  process.exitCode = faults.length === 0 ? 0 : 1;
} else if (values.reloads === undefined) {
  const report = await soak({ kind, seconds, connectionsPerSecond: rate, print });
  for (const text of summary(report)) print(text);
  process.exitCode = report.faults.length === 0 ? 0 : 1;
} else {
  const faults = await reloads({ kind, reloads: times, connectionsPerSecond: rate, seed, print });
  for (const fault of faults) print(`FAULT ${fault}`);
  if (faults.length === 0) print('reloads passed');
  process.exitCode = faults.length === 0 ? 0 : 1;
}
