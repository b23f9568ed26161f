import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { postJson } from '../../../src/cli/controlClient.js';
import { type Bed, SERVER } from '../support/bed.js';
import { atRest, LargeMappings } from '../support/memory.js';
import { eventually, scenario } from '../support/scenario.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const HOSTS = 200;
const PORTS = 1000;
const SESSIONS = HOSTS * PORTS;
const OCTETS_PER_SESSION = 96;
/** Sessions the tables have room for, and what of the octets of each are indices: those of every worker are for all sessions. */
const CAPACITY = 262_144;
const INDEX_OCTETS = 28;
/**
 * What else of the same mappings may come into use, for each worker: tables of hosts, neighbours, ports and events, rows of sessions
 * whose port is another worker's, and the rest of the last huge page of rows. Heaps are not in it: they take tens
 * of megabytes on one machine and none on another, so that resident memory says more of the compiler than of the tables.
 */
const MARGIN_OCTETS = 4 << 20;

/** One frame, or a few, of every flow: UDP to the server's port 9, which drops it. */
async function everyFlow(bed: Bed, mac: string, rate: number): Promise<void> {
  const flows = ['--from', `1.1.1.1+${HOSTS}`, '--ports', `10000+${PORTS}`, '--to', `${SERVER}:9`];
  const pace = ['--seconds', String((SESSIONS / rate) * 1.1), '--rate', String(rate), '--bypass', '0'];
  const generator = bed.sandbox.start(bed.netns('client'), [
    `${root}out/bench/ref/generate`,
    ...['--device', 'lan', '--to-mac', mac, ...flows, '--size', '64', ...pace],
  ]);
  await new Promise((resolve) => generator.once('close', resolve));
}

scenario(
  'Z30 D39 200,000 sessions at once, each found again; memory as stated; all given back',
  { folder: 'scale', on: ['tap'], workers: [1, 2], timeoutMs: 120_000 },
  async (bed) => {
    execFileSync('make', ['-s', '-C', 'bench/ref'], { cwd: root });
    bed.on('server', [
      'nft',
      'add table ip w; add chain ip w in { type filter hook prerouting priority -400; }; add rule ip w in udp dport 9 counter drop',
    ]);
    bed.on('client', 'ping -c 1 -W 2 1.1.100.1');
    // The next hop is known then: no more than 64 frames could wait for it.
    bed.on('client', `ping -c 1 -W 2 ${SERVER}`);
    await postJson(bed.socket, '/v1/sessions/purge');
    const mac = /([0-9a-f:]{17})/.exec(bed.on('client', 'ip neigh show 1.1.100.1 dev lan'))![1]!;
    // A spare worker still warms up, and its tables and heap would count.
    const pid = bed.process.child.pid!;
    await atRest(pid);
    const memory = new LargeMappings(pid);
    // A frame may be lost before the gateway on a busy machine: the flow's next one opens it.
    for (let round = 0; round < 8 && (await bed.read.sessionCount()) < SESSIONS; round++) await everyFlow(bed, mac, 30_000);
    assert.equal(await bed.read.sessionCount(), SESSIONS);
    const grown = memory.grown();
    const rows = SESSIONS * (OCTETS_PER_SESSION - INDEX_OCTETS);
    const indices = bed.workers * CAPACITY * INDEX_OCTETS;
    assert.ok(grown <= rows + indices + bed.workers * MARGIN_OCTETS, `${grown} octets, not ${rows} + ${indices}`);
    assert.ok(grown >= SESSIONS * (OCTETS_PER_SESSION - INDEX_OCTETS) * 0.9, `${grown} octets: the tables are not in it`);
    console.log(`    memory in use grew by ${grown} octets; ${rows} + ${indices} are allowed for`);
    // A frame for another worker is lost when the ring to it is full, before any session is looked for: so busy is the machine at times.
    const dropped = async () => ({ ...(await bed.read.drops()), handoff_full: 'any' });
    const drops = await dropped();
    await everyFlow(bed, mac, 40_000);
    assert.equal(await bed.read.sessionCount(), SESSIONS, 'no flow opened a second one');
    assert.deepEqual(await dropped(), drops, 'nothing else was dropped');
    await postJson(bed.socket, '/v1/sessions/purge');
    assert.equal(await bed.read.portsUsed(), 0);
    await eventually(
      () => bed.read.sessionCount(),
      (count) => count === 0,
      10_000,
    );
  },
);
