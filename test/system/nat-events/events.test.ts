import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { IpfixCollector } from '../../support/ipfixCollector.js';
import { netnsSkipReason } from '../../support/netns.js';
import { Bed, client, SERVER, scenarioFile, server } from '../support/bed.js';
import { drawn } from '../support/draw.js';
import { eventually, pause } from '../support/scenario.js';
import { type Told, toldByFlows, toldByLines, Witness, whoHad } from './truth.js';

type Line = Record<string, string | number>;

/** The second and further ones share two blocks: of any three, two have the same one. */
const HOSTS = ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4', '1.1.1.5'];
const ROUNDS = 6;
const PORTS = 64;
const HELD = 30;
const NO_DIFFERENCE = '"reload: no difference"';

/** Its whole lines: one that is being written is read the next time. */
function linesOf(file: string): Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}

/** Every session lies in a block that its worker held at the time. */
function checkBlocks(lines: readonly Line[]): void {
  const held = new Map<string, number>();
  for (const line of lines) {
    const blockOf = (port: number): string => `${line.protocol} ${line.external} ${port & ~63}`;
    if (line.natEvent === 16) held.set(blockOf(Number(line.firstPort)), Number(line.worker));
    else if (line.natEvent === 17) held.delete(blockOf(Number(line.firstPort)));
    else if (line.natEvent === 4) assert.equal(held.get(blockOf(Number(line.externalPort))), line.worker, JSON.stringify(line));
  }
}

/** Hosts take turns; returns what they saw. */
async function takeTurns(bed: Bed): Promise<Witness> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  await outside.ask('serveUdp', { port: 7001 });
  const witness = new Witness(bed);
  let length = 100;
  for (let round = 0; round < ROUNDS; round++) {
    const from = HOSTS[round % HOSTS.length]!;
    const { held, error } = await inside.ask('hold', { to: SERVER, port: 7000, from, count: HELD });
    assert.deepEqual([held, error], [HELD, '']);
    await witness.look();
    for (let i = 0; i < 10; i++) {
      const { ok, error: said } = await inside.ask('askUdp', { to: SERVER, port: 7001, from, octets: length++ });
      assert.ok(ok, said);
      await witness.look();
    }
    bed.on('client', `ping -c 1 -W 2 -I ${from} -s ${length++} ${SERVER}`);
    await witness.look();
    await inside.ask('dropHeld', null);
    // All is over before the next host takes the ports.
    await eventually(
      () => bed.read.portsUsed(),
      (used) => used === 0,
      10_000,
    );
  }
  assert.equal(witness.had.length, ROUNDS * (HELD + 11), 'every session was seen on both sides');
  return witness;
}

async function reconstruct(bed: Bed, file: string, collector: IpfixCollector): Promise<string> {
  const { had } = await takeTurns(bed);
  const owners = new Map<string, Set<string>>();
  for (const { protocol, external, inside } of had) {
    const key = `${protocol} ${external}`;
    owners.set(key, (owners.get(key) ?? new Set()).add(inside.split(':')[0]!));
  }
  const shared = [...owners.values()].filter((hosts) => hosts.size > 1).length;
  assert.ok(shared > 5, `${shared} external ports had more than one host`);
  const check = (name: string, told: readonly Told[]): void => {
    for (const one of had) assert.equal(whoHad(told, one), one.inside, `${name}: ${JSON.stringify(one)}`);
    const [begun, ended] = [4, 5].map((event) => told.filter(({ natEvent }) => natEvent === event).length);
    assert.deepEqual([begun, ended], [had.length, had.length], `${name}: each session begins and ends once`);
    for (const { external, protocol } of had)
      assert.equal(whoHad(told, { external, protocol, timeMs: Date.now() }), undefined, 'it is over');
  };
  await eventually(
    () => toldByLines(linesOf(file)).length,
    (count) => count >= 2 * had.length,
  );
  check('file', toldByLines(linesOf(file)));
  checkBlocks(linesOf(file));
  await eventually(
    () => toldByFlows(collector.flows).length,
    (count) => count >= 2 * had.length,
  );
  assert.equal(collector.missing, 0);
  check('IPFIX', toldByFlows(collector.flows));
  const seen = linesOf(file).filter((line) => 'remote' in line || 'remotePort' in line);
  assert.deepEqual(seen, [], 'nobody asked for destinations');
  return `${had.length} sessions, ${shared} external ports with several hosts`;
}

/** Ports run out: thresholds on the way, one record of refusals at once and one after 10 s with the count. */
async function exhaust(bed: Bed, file: string): Promise<void> {
  const inside = await bed.peer('client');
  const before = linesOf(file).length;
  assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, from: HOSTS[0]!, count: PORTS })).held, PORTS);
  const fresh = (): Line[] => linesOf(file).slice(before);
  // A look on the way up may have told the lower one.
  const reached = ({ natEvent, percent }: Line): boolean => natEvent === 18 && percent === 90;
  await eventually(fresh, (lines) => lines.some(reached));
  const { of, zone, protocol } = fresh().find(reached)!;
  assert.deepEqual([of, zone, protocol], ['ports', 'first', 'tcp']);
  const refuse = async (count: number): Promise<void> => {
    const { ok } = await inside.ask('connectMany', { to: SERVER, port: 7000, from: HOSTS[0]!, count });
    assert.equal(ok, 0);
  };
  await refuse(3);
  const refusals = (): Line[] => fresh().filter(({ natEvent }) => natEvent === 12);
  await eventually(refusals, (lines) => lines.length === 1);
  await refuse(20);
  await eventually(refusals, (lines) => lines.length > 1, 15_000);
  const told = refusals();
  assert.equal(told.length, 2, 'one at once, one for 10 s');
  assert.equal(Number(told[0]!.refused) + Number(told[1]!.refused), await bed.read.refused('first'));
  assert.deepEqual([told[1]!.zone, told[1]!.inside, told[1]!.protocol], ['first', HOSTS[0], 'tcp']);
  await inside.ask('dropHeld', null);
  await eventually(
    () => bed.read.portsUsed(),
    (used) => used === 0,
    10_000,
  );
}

/** logrotate, then a disk without room: forwarding goes on, what is missing is counted and told. Then a reload to another file, and to none. */
async function rotateAndFill(bed: Bed, file: string, text: string): Promise<void> {
  const inside = await bed.peer('client');
  const connect = async (): Promise<void> => assert.equal((await inside.ask('connect', { to: SERVER, port: 7000 })).error, '');
  const hangUp = async (): Promise<void> => {
    const said = bed.process.stdout.split(NO_DIFFERENCE).length;
    bed.process.child.kill('SIGHUP');
    await eventually(
      () => bed.process.stdout.split('"reload: no difference"').length,
      (count) => count > said,
    );
  };
  renameSync(file, `${file}.1`);
  const before = linesOf(`${file}.1`).length;
  await hangUp();
  await connect();
  await eventually(
    () => linesOf(file).length,
    (count) => count >= 2,
  );
  assert.equal(linesOf(`${file}.1`).length, before, 'the file that was moved is left alone');

  rmSync(file);
  symlinkSync('/dev/full', file);
  await hangUp();
  await connect();
  const failures = (): number => bed.process.stdout.split('event records cannot be written to the file').length - 1;
  await eventually(failures, (count) => count === 1);
  await connect();
  rmSync(file);
  await pause(1200);
  await connect();
  await eventually(
    () => linesOf(file),
    (lines) => lines.some(({ event }) => event === 'gap'),
  );
  assert.equal(failures(), 1, 'told once');
  const lost = linesOf(file).find(({ event }) => event === 'gap')!;
  assert.ok(Number(lost.lost) > 0 && lost.reason === 'output-failed', JSON.stringify(lost));

  bed.writeConfig(text.replace(file, `${file}.2`).replace('sessions: true', 'sessions: true, destinations: true'));
  bed.process.child.kill('SIGHUP');
  await eventually(
    () => bed.process.stdout,
    (said) => said.includes('"msg":"configuration taken over"'),
  );
  await connect();
  await eventually(
    () => linesOf(`${file}.2`).filter(({ natEvent }) => natEvent === 4),
    (lines) => lines.length === 1 && lines[0]!.remote === SERVER && lines[0]!.remotePort === 7000,
  );
}

for (const workers of drawn('events', [1, 2])) {
  test(`Z33 LOG-1 LOG-2 LOG-3 LOG-5 LOG-6 who had which port when, from the records alone (tap, ${workers} workers)`, {
    skip: netnsSkipReason(),
    timeout: 120_000,
  }, async (t) => {
    const addresses = HOSTS.map((host) => `${host}/16`);
    const bed = new Bed('tap', [{ ...client, addresses }, server], workers);
    const collector = new IpfixCollector();
    try {
      const port = await collector.listen();
      const file = join(bed.folder, 'events.jsonl');
      const text = scenarioFile('nat-events', 'config.yaml').replace('FILE', file).replace('4739', String(port));
      await bed.start(text);
      t.diagnostic(await reconstruct(bed, file, collector));
      await exhaust(bed, file);
      await rotateAndFill(bed, file, text);
      await bed.checkConservation();
      await bed.stop();
    } finally {
      await bed.stop().catch(() => {});
      await collector.close();
      bed.close();
    }
  });
}
