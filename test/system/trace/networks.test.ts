import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import type { DropRow, SessionRow } from '../../../src/types/show.js';
import type { TraceAnswer } from '../../../src/types/trace.js';
import { windrose } from '../../cli/program.js';
import { netnsSkipReason } from '../../support/netns.js';
import { cloudWorkers } from '../support/cloud.js';
import { program } from '../support/gatewayProcess.js';
import { INTERNET, M, NorthSouth, type Seen } from '../support/northSouth.js';
import { eventually } from '../support/scenario.js';

const GATEWAY = '192.168.1.21';
/** What guests have sent and what a trace says it would: MACs, addresses, TTL. */
const sent = ({ src, dst, from, to, ttl }: Seen) => [src, dst, from, to, ttl];
const told = ({ frame }: TraceAnswer) => {
  const { sourceMac, destinationMac, source, destination, ttl } = frame!.after;
  return [sourceMac, destinationMac, source, destination, ttl];
};

function hasCap(): boolean {
  try {
    createRequire(import.meta.url)('cap');
    return true;
  } catch {
    return false;
  }
}

for (const workers of cloudWorkers(1, 2))
  test(`MET-4 what a trace says of networks is what becomes of frames${workers === 1 ? '' : `, ${workers} workers`}`, {
    skip: netnsSkipReason(),
    timeout: 120_000,
  }, async (t) => {
    const world = new NorthSouth(undefined, workers);
    const { cloud } = world;
    const ask = async (host: string, packet: string): Promise<TraceAnswer> => {
      const { code, stdout, stderr } = await windrose('trace', '--packet', packet, '-o', 'json', '--socket', cloud.socket(host));
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout) as TraceAnswer;
    };
    const goOn = (said: TraceAnswer): Promise<TraceAnswer> => {
      const [, packet, host] = /^windrose trace --packet '(.*)' --name (\S+)$/.exec(said.ask) ?? [];
      return ask(host!, packet!);
    };
    const ping = (guest: string, to: string): string => cloud.on(guest, ['sh', '-c', `ping -n -c 1 -W 2 ${to} || true`]);
    const shown = async (host: string, ...nouns: string[]): Promise<string> =>
      (await windrose('show', ...nouns, '-o', 'json', '--socket', cloud.socket(host))).stdout;
    try {
      await world.start();
      await eventually(
        () => ping('a2', INTERNET),
        (out) => out.includes('1 received'),
      );
      // All of it is asked before anything more is sent: it changes nothing.
      const looked = async (): Promise<unknown[]> => [
        counted(await shown('n', 'sessions')),
        counted(await shown('n', 'pools')),
        (JSON.parse(await shown('h2', 'drops')) as DropRow[]).find(({ reason }) => reason === 'spoof_ip')?.count,
      ];
      const before = await looked();
      const words = `in=a2,src=10.0.0.12,dst=${INTERNET},proto=icmp,id=77`;
      const redirected = await ask('h2', words);
      const translated = await goOn(redirected);
      const east = await ask('h2', `in=a2,src=10.0.0.12,dst=20.0.0.21,proto=icmp`);
      const there = await goOn(east);
      const spoofed = await ask('h2', `in=a2,src=10.0.0.99,dst=20.0.0.21,proto=icmp`);
      assert.deepEqual(await looked(), before);

      await t.test('2.5 the frame to the SNAT service, and the one it sends on', async () => {
        world.watch('fab-h2', 'ext-n');
        assert.match(ping('a2', INTERNET), /1 received/);
        await world.until('ext-n', 1);
        const [fabric] = world.seen('fab-h2').filter(({ arp }) => !arp);
        const [wire] = world.seen('ext-n').filter(({ arp }) => !arp);
        assert.deepEqual(told(redirected), sent(fabric!));
        assert.deepEqual([redirected.leaves?.iface, redirected.leaves?.host, fabric!.vni], ['vxlan', 'n', 1001]);
        assert.deepEqual(told(translated), sent(wire!));
        assert.deepEqual([translated.verdict, translated.leaves?.iface], ['translated', 'physnet1']);
      });

      await t.test('2.4 between networks and hosts, and what is refused', async () => {
        world.watch('fab-h2', 'b1');
        assert.match(ping('a2', '20.0.0.21'), /1 received/);
        await world.until('b1', 1);
        const [fabric] = world.seen('fab-h2').filter(({ arp }) => !arp);
        assert.deepEqual(told(east), sent(fabric!));
        assert.deepEqual([there.leaves?.iface, told(there)[0]], ['b1', M.gB]);
        assert.equal(spoofed.verdict, 'spoof_ip');
      });

      await t.test('2.6 back by the session, to the guest’s host and there to the guest', async () => {
        const sessions = JSON.parse(await shown('n', 'sessions')) as SessionRow[];
        const [one] = sessions.filter(({ inside }) => inside.startsWith('10.0.0.12:'));
        const id = one!.external.split(':')[1];
        const back = await ask('n', `network=ext,src=${INTERNET},dst=${GATEWAY},proto=icmp,id=${id}`);
        assert.deepEqual(told(back), [M.sA, M.a2, INTERNET, '10.0.0.12', 63]);
        assert.equal(back.leaves?.host, 'h2');
        assert.equal((await goOn(back)).leaves?.iface, 'a2');
      });

      await t.test('as a guest sends them', { skip: !hasCap() && 'the package cap is not there' }, async () => {
        const args = ['trace', '--iface', 'a2', '--filter', 'icmp', '--count', '1', '-o', 'json', '--socket', cloud.socket('h2')];
        const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
        let [out, said] = ['', ''];
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          out += text;
        });
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          said += text;
        });
        const done = new Promise((resolve) => void child.on('close', resolve));
        await eventually(
          () => said,
          (text) => text.includes('tracing what comes in'),
          10_000,
        );
        ping('a2', INTERNET);
        await done;
        const answer = JSON.parse(out) as TraceAnswer & { captured: string };
        assert.match(answer.captured, /10\.0\.0\.12 > 8\.8\.8\.8: ICMP echo request/);
        assert.deepEqual([answer.verdict, answer.leaves?.host, told(answer)[0]], ['routed', 'n', M.d2]);
      });
      await world.stop();
    } finally {
      world.close();
    }
  });

/** Without what goes on by itself. */
function counted(json: string): string {
  return json.replaceAll(/"(idleSeconds|expiresSeconds|idle|expires|seconds|lastSeconds|rate|perSecond)": ?[\d.]+,?/g, '');
}
