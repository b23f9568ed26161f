import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { getJson } from '../../../src/cli/controlClient.js';
import type { PageAnswer, SessionRow } from '../../../src/types/show.js';
import type { TraceAnswer } from '../../../src/types/trace.js';
import { windrose } from '../../cli/program.js';
import { type Bed, client, SERVER, server } from '../support/bed.js';
import { scenario } from '../support/scenario.js';

const links = [{ ...client, addresses: ['1.1.1.1/16', '172.31.0.5/24'] }, server];
const folder = 'trace';

async function traced(bed: Bed, ...words: string[]): Promise<TraceAnswer> {
  const { code, stdout, stderr } = await windrose('trace', ...words, '-o', 'json', '--socket', bed.socket);
  assert.deepEqual([code, stderr], [0, '']);
  return JSON.parse(stdout) as TraceAnswer;
}

/** All that an operator can count: drops, sessions, ports, neighbours. */
async function counted(bed: Bed): Promise<unknown> {
  const neighbors = await bed.operator.show('neighbors');
  const known = neighbors.map(({ address, dev }) => [address, dev]);
  const { received, verdicts, requeued } = await bed.read.balance();
  return [await bed.read.drops(), await bed.read.sessionCount(), await bed.read.portsUsed(), known, received, verdicts, requeued];
}

async function sessions(bed: Bed, ...words: string[]): Promise<SessionRow[]> {
  const { code, stdout } = await windrose('show', 'sessions', ...words, '-o', 'json', '--socket', bed.socket);
  assert.equal(code, 0);
  return JSON.parse(stdout) as SessionRow[];
}

scenario('MET-4 trace says why a packet is dropped, and what happens to the next one', { folder, links }, async (bed) => {
  // Five seconds after its first use a host asks whether a neighbour is still there: that would be a frame.
  for (const [host, device] of [
    ['client', 'lan'],
    ['server', 'wan'],
  ] as const) {
    bed.on(host, `sysctl -qw net.ipv4.neigh.${device}.delay_first_probe_time=600`);
  }
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveUdp', { port: 7001 });
  assert.ok((await inside.ask('askUdp', { to: SERVER, port: 7001, from: '1.1.1.1', octets: 5 })).ok);

  /** Each of them changes nothing; the prospect of the next session is returned. */
  const trace = async () => {
    const refused = await traced(bed, 'lan', 'tcp', '172.31.0.5:40000', `${SERVER}:7000`);
    assert.deepEqual([refused.verdict, refused.dropped, refused.leaves], ['no_zone', true, null]);
    assert.equal(refused.steps.at(-1)!.step, 'zone');
    const [known] = await bed.operator.show('sessions');
    const forward = await traced(bed, 'lan', 'udp', known!.inside, known!.remote);
    assert.equal(forward.verdict, 'translated');
    assert.equal(`${forward.leaves!.source}:${forward.leaves!.sourcePort}`, known!.external);
    const answer = await traced(bed, 'wan', 'udp', known!.remote, known!.external);
    assert.equal(`${answer.leaves!.destination}:${answer.leaves!.destinationPort}`, known!.inside);
    const fresh = await traced(bed, 'lan', 'udp', '1.1.1.1:5', `${SERVER}:7001`);
    assert.deepEqual([fresh.verdict, fresh.leaves!.sourcePort], ['translated', null]);
    const stranger = await traced(bed, 'wan', 'tcp', `${SERVER}:443`, '1.2.100.1:23456');
    // Without flags it is a new connection.
    assert.equal(stranger.verdict, 'unsolicited_syn');
    return fresh;
  };
  let fresh: Awaited<ReturnType<typeof trace>>;
  // A frame of a host's own may come in between: not each time.
  for (let tries = 0; ; tries++) {
    const before = await counted(bed);
    fresh = await trace();
    const after = await counted(bed);
    if (tries < 3 && !isDeepStrictEqual(after, before)) continue;
    assert.deepEqual(after, before, 'nothing that can be counted has changed');
    break;
  }

  // The next session gets the address that the trace said stood in turn.
  assert.ok((await inside.ask('askUdp', { to: SERVER, port: 7001, from: '1.1.1.1', octets: 5 })).ok);
  const externals = (await bed.operator.show('sessions')).map(({ external }) => external.split(':')[0]);
  assert.deepEqual([...externals].sort(), ['1.2.100.1', '1.2.100.2']);
  assert.ok(externals.includes(fresh.leaves!.source));
  const { error } = await inside.ask('connect', { to: SERVER, port: 7000, from: '172.31.0.5' });
  assert.notEqual(error, '');
  assert.ok((await bed.read.drops()).no_zone! >= 1, 'and the refused packet is dropped as said');
});

scenario('MET-4 sessions are found by tuple, listed by page, ended by filter', { folder, links }, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveUdp', { port: 7001 });
  for (let i = 0; i < 10; i++) assert.ok((await inside.ask('askUdp', { to: SERVER, port: 7001, from: '1.1.1.1', octets: 5 })).ok);
  const all = await sessions(bed);
  assert.equal(all.length, 10);

  const one = all[4]!;
  const [address, port] = one.inside.split(':') as [string, string];
  assert.deepEqual(
    (await sessions(bed, 'src', address, 'sport', port)).map(({ inside }) => inside),
    [one.inside],
  );
  const [external, eport] = one.external.split(':') as [string, string];
  assert.deepEqual(
    (await sessions(bed, 'external', external, 'eport', eport)).map(({ inside }) => inside),
    [one.inside],
  );

  const seen: string[] = [];
  let cursor: string | null = 'start';
  let pages = 0;
  for (; cursor !== null; pages++) {
    const page = (await getJson(bed.socket, `/v1/show/sessions?limit=3&cursor=${cursor}`)) as PageAnswer;
    seen.push(...page.rows.map((row) => row.inside));
    cursor = page.next;
  }
  assert.equal(pages, 4);
  assert.deepEqual([...seen].sort(), all.map((row) => row.inside).sort());
  const first = await windrose('show', 'sessions', '--limit', '3', '--cursor', 'start', '--socket', bed.socket);
  assert.match(first.stderr, /^windrose: the next page begins at --cursor \d\.3\n$/);

  const ended = await windrose('sessions', 'purge', 'external', external, 'eport', eport, '--yes', '--socket', bed.socket);
  assert.equal(ended.code, 0);
  assert.match(ended.stdout, /^1 session ended$/m);
  assert.equal((await sessions(bed)).length, 9);
});
