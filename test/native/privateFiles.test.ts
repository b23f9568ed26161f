import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
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
});
