import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import type { SessionRow } from '../../../src/types/show.js';
import { windrose } from '../../cli/program.js';
import { type Bed, SERVER } from '../support/bed.js';
import { eventually, scenario } from '../support/scenario.js';
import { changed, nextAddresses, reloaded } from './steps.js';

/** A server that accepts on 7010 to 7013 and does with each connection what its port says. */
const ENDINGS_SERVER = `
import socket, struct, threading, time
kept = []
def serve(port, ending):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('0.0.0.0', port))
    s.listen(16)
    while True:
        c, _ = s.accept()
        kept.append(c)
        c.recv(1)
        if ending == 'fin':
            c.recv(1)
            c.close()
        elif ending == 'rst':
            c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            c.close()
for port, ending in ((7010, 'keep'), (7011, 'fin'), (7012, 'rst'), (7013, 'keep')):
    threading.Thread(target=serve, args=(port, ending), daemon=True).start()
time.sleep(60)
`;

/** Clients for these; the source port is the destination's. to 7013 it sends its FIN and gets none; nobody listens on 7014. */
const ENDINGS_CLIENT = `
import socket, time
def attempt(port):
    s = socket.socket()
    s.bind(('1.1.1.1', port))
    s.settimeout(3)
    try:
        s.connect(('${SERVER}', port))
        s.send(b'x')
    except OSError:
        return s
    if port in (7011, 7013):
        s.shutdown(socket.SHUT_WR)
    if port in (7011, 7012):
        try:
            s.recv(1)
        except OSError:
            pass
    return s
kept = [attempt(port) for port in (7010, 7011, 7012, 7013, 7014)]
print('done', flush=True)
time.sleep(60)
`;

const TIMERS = 'timers: { allowShort: true, tcpClosing: 1s }';

async function tcpSessions(bed: Bed): Promise<Map<string, SessionRow>> {
  const rows = (await getJson(bed.socket, '/v1/show/sessions?proto=tcp')) as SessionRow[];
  return new Map(rows.map((row) => [row.remote.split(':')[1]!, row]));
}

scenario(
  'Z15 the listing has state and remaining time of every ending of a TCP connection',
  { folder: 'reload' },
  async (bed) => {
    // Table 1.7, profile rfc: 7440 s, half-open and closing 240 s, all by 0.1.
    await reloaded(bed, changed([TIMERS, 'timers: { allowShort: true, scale: 0.1 }']));
    bed.sandbox.start(bed.netns('server'), ['python3', '-c', ENDINGS_SERVER]);
    await eventually(
      () => bed.on('server', 'ss -ltn'),
      (text) => ['7010', '7011', '7012', '7013'].every((port) => text.includes(`:${port} `)),
    );
    const clients = bed.sandbox.start(bed.netns('client'), ['python3', '-c', ENDINGS_CLIENT]);
    await new Promise((resolve) => clients.stdout!.once('data', resolve));
    const rows = await tcpSessions(bed);
    const expected = {
      open: ['7010', 'ESTABLISHED', 744],
      'FIN both ways': ['7011', 'CLOSING', 24],
      RST: ['7012', 'RESET', 24],
      'half-closed': ['7013', 'FIN_OUT', 744],
      'SYN refused': ['7014', 'RESET', 24],
    } as const;
    for (const [name, [port, state, seconds]] of Object.entries(expected)) {
      const row = rows.get(port);
      assert.equal(row?.state, state, `${name}: ${JSON.stringify(row)}`);
      assert.ok(row.expiresSeconds <= seconds && row.expiresSeconds >= seconds - 6, `${name}: ${JSON.stringify(row)}`);
      assert.ok(row.idleSeconds <= 6, `${name}: ${JSON.stringify(row)}`);
    }
    const { stdout } = await windrose('show', 'sessions', 'proto', 'tcp', 'dport', '7010', '--socket', bed.socket);
    assert.match(stdout, /ESTABLISHED .* 12m(2[0-4]|1\d)s\n$/);
  },
);

/** The listing of the specification for its example, every column padded as ipvsadm does. */
function ipvsadm(first: number, second: number, third: number): string {
  const address = (name: string, sessions: number): string =>
    `${''.padEnd(40)}${name.padEnd(20)} ${'0'.padEnd(10)} ${String(sessions).padEnd(10)}\n`;
  return [
    `${'NET/MASK'.padEnd(30)} ${'TOTAL'.padEnd(8)} ${'SNAT_IP'.padEnd(20)} ${'CONFLICTS'.padEnd(10)} ${'CONNS'.padEnd(10)}\n`,
    `${'1.1.0.0/255.255.0.0'.padEnd(30)} ${'2'.padEnd(8)} \n`,
    address('1.2.100.1', first),
    address('1.2.100.2', second),
    `${'0.0.0.0/0.0.0.0'.padEnd(30)} ${'1'.padEnd(8)} \n`,
    address('1.2.100.3', third),
  ].join('');
}

scenario(
  'Z24 "show zones -o ipvsadm" is the listing of dsnat, with the counts of the session table',
  { folder: 'reload' },
  async (bed) => {
    const list = async (): Promise<string> => (await windrose('show', 'zones', '-o', 'ipvsadm', '--socket', bed.socket)).stdout;
    assert.equal(await list(), ipvsadm(0, 0, 0));
    await reloaded(bed, changed([TIMERS, 'timers: { profile: rfc }']));
    await (await bed.peer('server')).ask('serveTcp', { port: 7000 });
    await (await bed.peer('server')).ask('serveUdp', { port: 7001 });
    assert.deepEqual(await nextAddresses(bed, 5), ['1.2.100.1', '1.2.100.2', '1.2.100.1', '1.2.100.2', '1.2.100.1']);
    await (await bed.peer('client')).ask('askUdp', { to: SERVER, port: 7001, octets: 10 });
    bed.on('client', `ping -c 1 -W 2 ${SERVER}`);
    const rows = (await getJson(bed.socket, '/v1/show/sessions')) as SessionRow[];
    const of = (address: string): number => rows.filter(({ external }) => external.startsWith(`${address}:`)).length;
    assert.equal(await list(), ipvsadm(of('1.2.100.1'), of('1.2.100.2'), of('1.2.100.3')));
    assert.deepEqual([of('1.2.100.1'), of('1.2.100.2')], [4, 3]);
    const pools = await bed.operator.show('zones');
    assert.deepEqual(
      pools.flatMap((zone) => zone.localAddresses.map(({ address, sessions }) => [address, sessions])),
      [
        ['1.2.100.1', 4],
        ['1.2.100.2', 3],
        ['1.2.100.3', 0],
      ],
    );
  },
);
