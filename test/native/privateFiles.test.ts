import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readlinkSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { IfaceKind, loadAddon } from '../../src/io/addon.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';

/** A thread that borrows one TAP, makes its files private, borrows a second one through the channel, and reports. */
const THREAD = `
const { parentPort, workerData: w } = require('node:worker_threads');
const { readlinkSync } = require('node:fs');
const addon = require(w.addon);
const shared = (n) => new Int32Array(new SharedArrayBuffer(n * 4));
addon.attach({ arena: new Uint8Array(new SharedArrayBuffer(1 << 20)), offsets: shared(64), lengths: shared(64), tags: shared(64), sendErrors: shared(64) });
const link = (fd) => { try { return readlinkSync('/proc/thread-self/fd/' + fd); } catch (e) { return e.code; } };
const first = addon.borrow(w.first, w.kind, shared(8));
const made = addon.privateFiles(w.channel);
parentPort.postMessage({ made, stranger: link(w.stranger), second: link(w.second) });
parentPort.once('message', () => {
  let refused = '';
  try { addon.borrow(w.second + 1000, w.kind, shared(8)); } catch (e) { refused = e.code; }
  const second = addon.borrow(w.second, w.kind, shared(8));
  const received = addon.receive(second, 4, 0, 1 << 20);
  addon.release(first);
  parentPort.postMessage({ refused, received });
  parentPort.once('message', () => process.exit(0));
});
`;

/** A thread that makes its files private and tells what it has open then. */
const LOOKING = `
const { parentPort, workerData: w } = require('node:worker_threads');
const { readdirSync, readlinkSync } = require('node:fs');
const addon = require(w.addon);
addon.privateFiles(w.channel);
const links = {};
for (const fd of readdirSync('/proc/thread-self/fd')) {
  try { links[fd] = readlinkSync('/proc/thread-self/fd/' + fd); } catch { /* that of the listing */ }
}
parentPort.postMessage(links);
setInterval(() => {}, 1000);
`;

describe('a descriptor table of its own', { skip: netnsSkipReason() }, () => {
  test('keeps what is borrowed, drops the sockets of others, and takes what main lends later', async (t) => {
    const sandbox = new NetSandbox('wrn');
    t.after(() => sandbox.close());
    const netns = sandbox.namespace('a');
    const addon = loadAddon();
    const open = (device: string) => addon.openTap({ device, netns, queues: 1, offloads: false, up: true }).fds[0]!;
    const first = open('wrnp0');
    const second = open('wrnp1');
    const channel = addon.channelCreate();
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const stranger = (server as unknown as { _handle: { fd: number } })._handle.fd;
    assert.match(readlinkSync(`/proc/self/fd/${stranger}`), /socket/);
    const addonPath = new URL('../../../build/Release/windrose.node', import.meta.url).pathname;
    const thread = new Worker(THREAD, {
      eval: true,
      workerData: { addon: addonPath, first, second, stranger, channel: channel[1], kind: IfaceKind.Tap },
    });
    const next = () =>
      new Promise<Record<string, unknown>>((resolve, reject) => thread.once('message', resolve).once('error', reject));
    const private1 = await next();
    assert.equal(private1.made, true);
    assert.doesNotMatch(String(private1.stranger), /socket/, 'a listening socket of main stays open in the thread');
    assert.doesNotMatch(String(private1.second), /tun/, 'a TAP the thread did not borrow stays open in it');
    addon.lend(channel[0], second);
    thread.postMessage('lent');
    const lent = await next();
    assert.equal(lent.refused, 'EBADF');
    assert.ok(Number(lent.received) >= 0, `receive on the lent TAP: ${lent.received}`);
    // The thread still holds the lent one, main closes its own: the device goes when the thread does.
    const exited = new Promise((resolve) => thread.once('exit', resolve));
    thread.postMessage('end');
    await exited;
    for (const fd of [first, second, ...channel]) addon.closeFd(fd);
    server.close();
    assert.doesNotMatch(sandbox.run(netns, 'ip -br link'), /wrnp/);
  });

  test('drops files, interfaces, programs and where they are attached by what they are, and keeps what a thread lives on', async (t) => {
    const sandbox = new NetSandbox('wrn');
    const folder = mkdtempSync(join(tmpdir(), 'windrose-files-'));
    const addon = loadAddon();
    const ours: number[] = [];
    const files: number[] = [];
    t.after(() => {
      for (const fd of ours) addon.closeFd(fd);
      for (const fd of files) closeSync(fd);
      rmSync(folder, { recursive: true });
      sandbox.close();
    });
    const file = (path: string, flags: string): number => {
      files.push(openSync(path, flags));
      return files.at(-1)!;
    };
    const own = (fd: number): number => {
      ours.push(fd);
      return fd;
    };
    const netns = sandbox.namespace('b');
    sandbox.run(netns, 'ip link add d0 type veth peer name d1');
    const channel = addon.channelCreate();
    channel.map(own);
    const dropped = {
      log: file(join(folder, 'events.log'), 'a'),
      // As it is between open(2) and the moment at which the addon knows the number.
      unknownTap: file('/dev/net/tun', 'r+'),
      namespace: file(`/run/netns/${netns}`, 'r'),
      // r0 = 0; exit
      program: own(addon.bpfProgramLoad(Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0), 'wr_test')),
      attached: own(addon.dropIngress('d0', netns)),
    };
    const kept = {
      input: 0,
      output: 1,
      errors: 2,
      channel: channel[1],
      wake: own(addon.wakeCreate()),
      nothing: file('/dev/null', 'r+'),
      symbols: file(join(folder, `perf-${process.pid}.map`), 'w'),
    };
    const look = (fds: Record<string, number>, link: (fd: number) => string) =>
      Object.fromEntries(Object.entries(fds).map(([name, fd]) => [name, link(fd)]));
    const here = look({ ...dropped, ...kept }, (fd) => readlinkSync(`/proc/self/fd/${fd}`));
    assert.match(here.attached!, /bpf_link/);
    assert.match(here.program!, /bpf-prog/);
    const thread = new Worker(LOOKING, {
      eval: true,
      workerData: { addon: new URL('../../../build/Release/windrose.node', import.meta.url).pathname, channel: channel[1] },
    });
    t.after(() => thread.terminate());
    const there = await new Promise<Record<string, string>>((resolve, reject) =>
      thread.once('message', resolve).once('error', reject),
    );
    for (const [name, fd] of Object.entries(kept)) assert.equal(there[fd], here[name], `${name} is kept`);
    // A number that is free again may have gone to the listing itself.
    for (const [name, fd] of Object.entries(dropped)) assert.notEqual(there[fd], here[name], `${name} stays open in the thread`);
    assert.deepEqual(
      Object.values(there).filter((link) => Object.keys(dropped).some((name) => here[name] === link)),
      [],
    );
  });
});
