import assert from 'node:assert/strict';
import { type Bed, client, SERVER, server } from '../support/bed.js';
import { eventually, pause, scenario } from '../support/scenario.js';

const links = [{ ...client, addresses: ['1.1.1.1/16', '1.1.2.1/16', '1.1.2.2/16', '1.1.2.3/16'] }, server];
const base = { folder: 'hold', workers: [1, 2], links };
const COUNT = 1000;

scenario('Z12 PRT-1 ports of the range, in no order', base, async (bed) => {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  const result = await inside.ask('connectMany', { to: SERVER, port: 7000, from: '1.1.1.1', count: COUNT });
  assert.deepEqual(result, { ok: COUNT, errors: {} });
  const ports = (await outside.ask('accepted', { least: COUNT })).map((from) => Number(from.split(':')[1]));
  // The client's kernel may use a port of its own again: that is the same session once more (TCP-8).
  const sessions = await bed.operator.show('sessions');
  assert.ok(sessions.length > COUNT * 0.98, `${sessions.length} sessions`);
  assert.equal(new Set(ports).size, sessions.length, 'each its own');
  assert.ok(ports.every((port) => port >= 20_000 && port <= 24_095));
  const steps = ports.slice(1).map((port, i) => port - ports[i]!);
  const up = steps.filter((step) => step > 0).length;
  assert.ok(up > COUNT * 0.4 && up < COUNT * 0.6, `${up} of ${COUNT} steps go up`);
  const near = steps.filter((step) => Math.abs(step) === 1).length;
  // A worker uses up one block of 64 before the next: of its last free ports some are neighbours.
  assert.ok(near < COUNT * 0.15, `${near} of ${COUNT} ports are next to the one before`);
});

/** Sends one datagram from so many new sockets of a host; the external ports they had. */
async function externalPorts(bed: Bed, address: string, count: number): Promise<number[]> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  for (let i = 0; i < count; i++) {
    const local = await inside.ask('udpOpen', { address });
    await inside.ask('udpSend', { local, to: SERVER, port: 7000, text: address });
  }
  const taken = await outside.ask('udpTaken', { local: 7000, least: count });
  return taken.map(({ from }) => Number(from.split(':')[1])).sort((a, b) => a - b);
}

scenario(
  'Z12 ZON-7 EXH-3 a port is held after its session, and goes to another host only when there is no other',
  base,
  async (bed) => {
    await (await bed.peer('server')).ask('udpOpen', { address: SERVER, port: 7000 });
    const range = Array.from({ length: 8 }, (_, i) => 30_000 + i);
    const without = (ports: readonly number[]): number[] => range.filter((port) => !ports.includes(port));
    const over = () =>
      eventually(
        () => bed.operator.show('sessions'),
        (rows) => rows.length === 0,
      );
    const first = await externalPorts(bed, '1.1.2.1', 4);
    assert.equal(new Set(first).size, 4);
    await over();
    const ended = Date.now();
    assert.deepEqual(await externalPorts(bed, '1.1.2.2', 4), without(first), 'the four that nobody had');
    await over();
    assert.ok(Date.now() - ended < 5000, 'while all are held');
    // Every port is held now; those of the first host longest.
    assert.deepEqual(await externalPorts(bed, '1.1.2.3', 3).then((ports) => ports.every((port) => first.includes(port))), true);
    assert.equal(await bed.read.refused('few'), 0);
    await over();
    await pause(6500);
    assert.deepEqual(await externalPorts(bed, '1.1.2.1', 8), range, 'all are free again after the time');
  },
);
