import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import type { SessionRow } from '../../../src/types/show.js';
import { type Bed, SERVER } from '../support/bed.js';
import { eventually, pause, scenario } from '../support/scenario.js';
import { changed, reloaded } from './steps.js';

const SHORT = 'timers: { allowShort: true, tcpClosing: 1s';

async function sessions(bed: Bed, protocol: string): Promise<SessionRow[]> {
  return (await getJson(bed.socket, `/v1/show/sessions?proto=${protocol}`)) as SessionRow[];
}

scenario(
  'TIM-3 a changed timer applies to sessions that are there, from their last packet on',
  { folder: 'reload' },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    await outside.ask('serveUdp', { port: 7001 });
    assert.equal((await inside.ask('hold', { to: SERVER, port: 7000, count: 3 })).held, 3);
    assert.equal((await inside.ask('askUdp', { to: SERVER, port: 7001, octets: 10 })).error, '');
    const lastPacket = Date.now();
    const [udp] = await sessions(bed, 'udp');
    assert.ok(udp!.expiresSeconds > 250, JSON.stringify(udp));

    // Longer than it has been idle: it lives on, and its end is counted from its last packet, not from the reload.
    await pause(1000);
    await reloaded(bed, changed([SHORT, `${SHORT}, udp: 4s, tcpEstablished: 600s`]));
    const [shortened] = await sessions(bed, 'udp');
    assert.ok(shortened!.expiresSeconds <= 3, JSON.stringify(shortened));
    const [held] = await sessions(bed, 'tcp');
    assert.ok(held!.expiresSeconds <= 600, JSON.stringify(held));
    await eventually(
      () => sessions(bed, 'udp'),
      (rows) => rows.length === 0,
      6000,
    );
    // TIM-4: not before the timer, not later than it and 1 s and 5 %.
    const idle = Date.now() - lastPacket;
    assert.ok(idle >= 3900 && idle <= 5500, `gone after ${idle} ms`);

    // Shorter than it has been idle: it goes at once. A longer one again for what is left.
    await reloaded(bed, changed([SHORT, `${SHORT}, tcpEstablished: 1s`]));
    await eventually(
      () => sessions(bed, 'tcp'),
      (rows) => rows.length === 0,
      2500,
    );
    await reloaded(bed, changed());
    assert.equal((await inside.ask('askUdp', { to: SERVER, port: 7001, octets: 10 })).error, '');
    assert.ok((await sessions(bed, 'udp'))[0]!.expiresSeconds > 250);
  },
);
