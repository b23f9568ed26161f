import assert from 'node:assert/strict';
import { type Bed, client, SERVER, server } from '../support/bed.js';
import { readIpv4, TcpFlag, tcpFlags, tcpOptions } from '../support/packets.js';
import { scenario } from '../support/scenario.js';

const folder = 'tcp-states';
const workers = [1, 2];

/** MSS in the SYNs that a host's wire has seen come in from the gateway, by port asked for or answering. */
function announced(frames: readonly { frame: Buffer }[], port: number): number[] {
  return frames.flatMap(({ frame }) => {
    const packet = readIpv4(frame);
    if (packet === undefined || packet.protocol !== 6 || (tcpFlags(packet) & TcpFlag.Syn) === 0) return [];
    if (packet.destinationPort !== port && packet.sourcePort !== port) return [];
    return [tcpOptions(packet).get(2)!.readUInt16BE(0)];
  });
}

/** What the kernel of a host sends in one segment of its connection with port 7000, by ss(8). */
function kernelMss(bed: Bed, host: string): number {
  return Number(
    /\bmss:(\d+)/.exec(bed.on(host, ['ss', '-tniH', 'state', 'established', '( sport = 7000 or dport = 7000 )']))?.[1],
  );
}

scenario(
  'TCP-13 OFF-13 a number: both kernels keep to it, checksums hold',
  { folder, config: 'mss.yaml', workers },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    const wires = [bed.wire('lan'), bed.wire('wan')];
    await outside.ask('tcpListen', { port: 7000, does: 'echo' });
    assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000 })).error, '');
    assert.equal(await inside.ask('tcpEcho', { octets: 100_000 }), 1);
    // Twelve octets of each segment are time stamps.
    assert.deepEqual([kernelMss(bed, 'client'), kernelMss(bed, 'server')], [988, 988]);
    for (const wire of wires) {
      assert.deepEqual(announced(await wire.until((frames) => announced(frames, 7000).length > 0), 7000), [1000]);
      const { wrong, right } = wire.verifyChecksums();
      assert.deepEqual(wrong, []);
      assert.ok(right > 2);
    }
  },
);

scenario(
  'TCP-13 pmtu: the MTU of the narrower link decides, for a host that does not know of it',
  { folder, config: 'pmtu.yaml', workers, links: [client, { ...server, mtu: 1300 }] },
  async (bed) => {
    const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
    const wire = bed.wire('wan');
    await outside.ask('tcpListen', { port: 7000, does: 'echo' });
    assert.equal((await inside.ask('tcpOpen', { to: SERVER, port: 7000 })).error, '');
    assert.equal(await inside.ask('tcpEcho', { octets: 50_000 }), 1);
    const frames = await wire.until((seen) => announced(seen, 7000).length > 0);
    assert.deepEqual(announced(frames, 7000), [1260]);
  },
);
