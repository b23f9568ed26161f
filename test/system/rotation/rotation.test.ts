import assert from 'node:assert/strict';
import { SERVER } from '../support/bed.js';
import { readIpv4, TcpFlag, tcpFlags } from '../support/packets.js';
import { scenario } from '../support/scenario.js';

const CONNECTS = 300;
const addresses = ['1.2.100.1', '1.2.100.2', '1.2.100.3'];

scenario(
  'Z06 strict rr rotates over the addresses in their order, one step per session',
  { folder: 'rotation', workers: [1, 2] },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    await outside.ask('serveTcp', { port: 7000 });
    const wan = bed.wire('wan');
    const result = await inside.ask('connectMany', { to: SERVER, port: 7000, count: CONNECTS });
    assert.deepEqual(result, { ok: CONNECTS, errors: {} });

    const opened = wan.collect().flatMap(({ frame }) => {
      const packet = readIpv4(frame);
      return packet !== undefined && tcpFlags(packet) === TcpFlag.Syn ? [packet.source] : [];
    });
    assert.equal(opened.length, CONNECTS);
    assert.deepEqual(
      opened,
      opened.map((_, i) => addresses[i % addresses.length]),
    );
    const accepted = (await outside.ask('accepted', { least: CONNECTS })).map((from) => from.split(':')[0]);
    for (const address of addresses) assert.equal(accepted.filter((one) => one === address).length, CONNECTS / addresses.length);
  },
);
