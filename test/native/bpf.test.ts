import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Assembler, Register } from '../../src/control/steering/assembler.js';
import { type BpfMapOptions, BpfMapType } from '../../src/io/addon.js';
import { bpfSkipReason } from '../support/kernelSteering.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { addonUnderTest, Bench, etherType, firstFrameOffset, markedFrame } from './loadedAddon.js';

const skip = netnsSkipReason() || bpfSkipReason(addonUnderTest());

const hash: BpfMapOptions = { name: 'wr_test', type: BpfMapType.Hash, keyOctets: 4, valueOctets: 8, entries: 2, mapped: false };
const array: BpfMapOptions = { ...hash, type: BpfMapType.Array, valueOctets: 1024, entries: 3, mapped: true };

/** What an AddonError is to say. */
function failsBy(code: string, syscall: string): { code: string; syscall: string } {
  return { code, syscall };
}

/** A program that always answers `worker`. */
function always(worker: number): Uint8Array {
  return new Assembler().number('set', Register.Result, worker).exit().assemble();
}

describe('bpf', { skip }, () => {
  const addon = skip ? undefined! : addonUnderTest();
  const fds: number[] = [];
  const kept = (fd: number): number => {
    fds.push(fd);
    return fd;
  };
  const key = (n: number): Uint8Array => Uint8Array.of(n, 0, 0, 0);
  let net: NetSandbox;
  let netns: string;

  before(() => {
    net = new NetSandbox('wrn');
    netns = net.namespace('bpf');
  });
  after(() => {
    for (const fd of fds) addon.closeFd(fd);
    net.close();
  });

  it('keeps, replaces and removes what a table holds; a full one says E2BIG', () => {
    const map = kept(addon.bpfMapCreate(hash));
    addon.bpfMapUpdate(map, key(1), new Uint8Array(8).fill(1));
    addon.bpfMapUpdate(map, key(1), new Uint8Array(8).fill(2));
    addon.bpfMapUpdate(map, key(2), new Uint8Array(8));
    assert.throws(() => addon.bpfMapUpdate(map, key(3), new Uint8Array(8)), failsBy('E2BIG', 'bpf(BPF_MAP_UPDATE_ELEM)'));
    assert.equal(addon.bpfMapDelete(map, key(1)), true);
    assert.equal(addon.bpfMapDelete(map, key(1)), false);
    addon.bpfMapUpdate(map, key(3), new Uint8Array(8));
  });

  it('refuses keys and values of other sizes, which the kernel would read beyond', () => {
    const map = kept(addon.bpfMapCreate(hash));
    assert.throws(() => addon.bpfMapUpdate(map, key(1).subarray(1), new Uint8Array(8)), /keys have 4 octets and its values 8/);
    assert.throws(() => addon.bpfMapUpdate(map, key(1), new Uint8Array(7)), /keys have 4 octets and its values 8/);
    assert.throws(() => addon.bpfMapDelete(map, new Uint8Array(5)), /keys have 4 octets/);
    assert.throws(() => addon.bpfMapUpdate(0, key(1), new Uint8Array(8)), failsBy('EBADF', 'bpf'));
  });

  it('shows a program what is stored into the memory of a table, through every mapping of it', () => {
    const map = kept(addon.bpfMapCreate(array));
    const [one, other] = [addon.bpfMapMemory(map, 3072), addon.bpfMapMemory(map, 3072)].map((memory) => new Uint8Array(memory));
    const a = new Assembler();
    a.number('set', Register.R1, 2).write(32, Register.Stack, -4, Register.R1);
    a.map(Register.R1, map).stackPlace(Register.R2, 4).call(1).jumpIf('=', Register.Result, 0, 'end');
    a.read(8, Register.Result, Register.Result, 5).label('end').exit();
    const program = kept(addon.bpfProgramLoad(a.assemble(), 'wr_test'));
    assert.equal(addon.bpfProgramRun(program, new Uint8Array(64)), 0);
    one![2 * 1024 + 5] = 77;
    assert.equal(other![2 * 1024 + 5], 77);
    assert.equal(addon.bpfProgramRun(program, new Uint8Array(64)), 77);
    assert.throws(() => addon.bpfMapMemory(map, 1 << 20), failsBy('EINVAL', 'mmap'));
  });

  it('says why the verifier refuses a program', () => {
    const uninitialised = new Assembler().register('set', Register.Result, Register.R9).exit().assemble();
    assert.throws(() => addon.bpfProgramLoad(uninitialised, 'wr_test'), /cannot load the program "wr_test".*R9 !read_ok/i);
    assert.throws(() => addon.bpfProgramLoad(new Uint8Array(12), 'wr_test'), RangeError);
  });

  it('steers the queues of a TAP and of packet sockets, until it is taken off; anything but a program is refused', () => {
    const program = kept(addon.bpfProgramLoad(always(1), 'wr_test'));
    const tap = { device: 't0', netns, queues: 2, offloads: true, up: true };
    const opened = addon.openTap({ ...tap, steering: program });
    fds.push(...opened.fds);
    net.run(netns, 'ip link add v0 type veth peer name v1');
    fds.push(...addon.openPacket({ device: 'v0', netns, queues: 2, promiscuous: false, steering: program }).fds);
    addon.unsteer(opened.fds[0]!);
    const map = kept(addon.bpfMapCreate(hash));
    assert.throws(() => addon.openTap({ ...tap, device: 't1', steering: map }), failsBy('EINVAL', 'ioctl(TUNSETSTEERINGEBPF)'));
    assert.throws(() => addon.openTap({ ...tap, device: 't1', steering: 0 }), failsBy('EBADF', 'bpf'));
    const sockets = { device: 'v0', netns, queues: 2, promiscuous: false };
    assert.throws(() => addon.openPacket({ ...sockets, steering: map }), failsBy('EINVAL', 'setsockopt(PACKET_FANOUT_DATA)'));
  });

  it('gives frames to the sockets by their places in the group, also after the device was down', () => {
    net.run(netns, 'ip link add v2 type veth peer name v3');
    for (const device of ['v2', 'v3']) net.run(netns, `ip link set ${device} up`);
    const first = new Assembler().copyPointer(Register.Context, Register.R1).packet(8, 0).exit();
    const program = kept(addon.bpfProgramLoad(first.assemble(), 'wr_test'));
    const { fds: queues, kind } = addon.openPacket({ device: 'v2', netns, queues: 4, promiscuous: true, steering: program });
    const [sender] = addon.openPacket({ device: 'v3', netns, queues: 1, promiscuous: false }).fds;
    fds.push(...queues, sender!);
    const bench = new Bench(addon);
    const from = addon.borrow(sender!, kind, bench.sends);
    const to = queues.map((fd) => addon.borrow(fd, kind, bench.sends));
    const arrive = (): void => {
      for (const [place, handle] of to.entries()) {
        bench.stage(0, firstFrameOffset, markedFrame(place));
        assert.equal(addon.transmit(from, 1), 1);
        bench.await(handle, (frame) => etherType(frame) === 0x88b5 && frame[14] === place);
      }
    };
    arrive();
    for (const state of ['down', 'up']) net.run(netns, `ip link set v2 ${state}`);
    net.awaitOperational(netns, 'v2');
    // Each says once that the device was down.
    for (const handle of to) bench.receive(handle);
    arrive();
    for (const handle of [from, ...to]) addon.release(handle);
  });
});
