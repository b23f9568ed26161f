import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { IfaceKind } from '../../src/io/addon.js';
import { NetSandbox, netnsSkipReason } from '../support/netns.js';
import { addonError, addonUnderTest, Bench } from './loadedAddon.js';

const skip = netnsSkipReason();

/**
 * Attaches a program that answers TCX_PASS to the ingress of a device (its arguments: the device, the number of bpf(2)), says so, and holds
 * it until it is killed. bpf(2) takes BPF_PROG_LOAD = 5 of BPF_PROG_TYPE_SCHED_CLS = 3, and BPF_LINK_CREATE = 28 for BPF_TCX_INGRESS = 46.
 */
const PASS_ALL = `
import ctypes, socket, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def bpf(command, attributes):
    fd = libc.syscall(int(sys.argv[2]), command, ctypes.create_string_buffer(attributes, 128), 128)
    if fd < 0: sys.exit('bpf: errno %d' % ctypes.get_errno())
    return fd
instructions = ctypes.create_string_buffer(struct.pack('=BBhi', 0xb7, 0, 0, 0) + struct.pack('=BBhi', 0x95, 0, 0, 0))
licence = ctypes.create_string_buffer(b'')
program = bpf(5, struct.pack('=IIQQ', 3, 2, ctypes.addressof(instructions), ctypes.addressof(licence)))
link = bpf(28, struct.pack('=IIII', program, socket.if_nametoindex(sys.argv[1]), 46, 0))
print('attached', flush=True)
time.sleep(60)
`;

describe('devices', { skip }, () => {
  const addon = skip ? undefined! : addonUnderTest();
  const fds: number[] = [];
  let net: NetSandbox;
  let netns: string;

  before(() => {
    net = new NetSandbox('wrn');
    netns = net.namespace('dev');
  });
  after(() => {
    for (const fd of fds) addon.closeFd(fd);
    net.close();
  });

  it('takes no more of the kernel for a single queue than that: a multi-queue TAP has 256 of them', () => {
    const open = (device: string, queues: number) => {
      fds.push(...addon.openTap({ device, netns, queues, offloads: true, txQueueLength: 16_384, up: true }).fds);
      return net.run(netns, `ip -d link show ${device}`);
    };
    const single = open('sq', 1);
    assert.match(single, /numtxqueues 1 /);
    assert.ok(!single.includes('multi_queue'));
    assert.match(open('mq', 2), /multi_queue .*numtxqueues 256 /s);
  });

  it('tells what a TAP did not take because its queue was full', () => {
    const opened = addon.openTap({ device: 'full', netns, queues: 1, offloads: true, txQueueLength: 1, up: true });
    fds.push(...opened.fds);
    assert.equal(opened.txDropped, 0);
    net.run(netns, 'ip addr add 192.0.2.1/24 dev full');
    net.run(netns, 'ip neigh add 192.0.2.2 lladdr 02:00:00:00:00:02 dev full');
    const before = addon.linkInfo('full', netns).txDropped;
    net.run(netns, ['sh', '-c', 'ping -c 3 -i 0.01 -W 0.1 192.0.2.2 || true']);
    const dropped = addon.linkInfo('full', netns).txDropped - before;
    assert.ok(dropped >= 2, `${dropped} of three echo requests dropped`);
    assert.equal(addon.linkInfo('lo', netns).txDropped, 0);
    addon.setMtu('full', 1280, netns);
    assert.equal(addon.linkInfo('full', netns).mtu, 1280);
    assert.equal(addonError(() => addon.setMtu('full', 1280, 'no-such-namespace')).code, 'ENOENT');
    assert.equal(addonError(() => addon.setMtu('none', 1280, netns)).code, 'ENODEV');
    assert.equal(addonError(() => addon.setMtu('full', 1, netns)).code, 'EINVAL');
  });

  it('tells which addresses the kernel has on a device, and whether it forwards there', () => {
    net.veth({ netns, device: 'side' }, { netns, device: 'side2' });
    net.run(netns, 'sysctl -qw net.ipv6.conf.side.disable_ipv6=1 net.ipv4.conf.side.forwarding=0');
    assert.deepEqual(addon.kernelSide('side', netns), { addresses: [], forwardsIpv4: false, forwardsIpv6: false });
    net.run(
      netns,
      'sysctl -qw net.ipv6.conf.side.disable_ipv6=0 net.ipv4.conf.side.forwarding=1 net.ipv6.conf.side.forwarding=1',
    );
    net.run(netns, 'ip addr add 198.51.100.1/27 dev side');
    net.run(netns, 'ip addr add 198.51.100.65/32 dev side label side:old');
    net.run(netns, 'ip addr add 2001:db8::1/64 dev side nodad');
    net.run(netns, 'ip addr add 198.51.100.129/27 dev side2');
    const { addresses, ...forwards } = addon.kernelSide('side', netns);
    const told = addresses.filter((address) => !address.startsWith('fe80:'));
    assert.deepEqual(told, ['198.51.100.1/27', '198.51.100.65/32', '2001:db8::1/64']);
    assert.deepEqual(addon.addressHolder('198.51.100.65', netns), { device: 'side', mtu: 1500 });
    net.run(netns, 'ip link set side2 mtu 1400');
    assert.deepEqual(addon.addressHolder('198.51.100.129', netns), { device: 'side2', mtu: 1400 });
    assert.deepEqual(addon.addressHolder('198.51.100.130', netns), { device: '', mtu: 0 });
    assert.equal(addonError(() => addon.addressHolder('198.51.100.130', 'no-such-namespace')).code, 'ENOENT');
    assert.equal(addonError(() => addon.addressHolder('fab')).code, 'EINVAL');
    assert.throws(() => addon.addressHolder(undefined!), TypeError);
    assert.deepEqual(forwards, { forwardsIpv4: true, forwardsIpv6: true });
    assert.deepEqual(addon.kernelSide('nosuch', netns), { addresses: [], forwardsIpv4: false, forwardsIpv6: false });
    assert.equal(addonError(() => addon.kernelSide('side', 'no-such-namespace')).code, 'ENOENT');
    assert.equal(addonError(() => addon.kernelSide('../all', netns)).code, 'EINVAL');
    assert.throws(() => addon.kernelSide(undefined!), TypeError);
  });

  it('tells namespaces apart by more than their names', () => {
    const first = net.namespace('twice');
    const inode = addon.linkInfo('lo', first).netnsInode;
    assert.ok(inode > 0 && inode !== addon.linkInfo('lo', netns).netnsInode);
    // A socket keeps the first one alive, as those of the gateway do, so that its inode cannot come again.
    fds.push(...addon.openPacket({ device: 'lo', netns: first, queues: 1, promiscuous: false }).fds);
    net.run(undefined, `ip netns del ${first}`);
    net.run(undefined, `ip netns add ${first}`);
    assert.notEqual(addon.linkInfo('lo', first).netnsInode, inode);
  });

  it('keeps what arrives from the kernel, but not from packet sockets, while a descriptor is open', () => {
    const far = net.namespace('far');
    net.veth({ netns, device: 'drop' }, { netns: far, device: 'drop' });
    net.run(netns, 'ip addr add 192.0.2.65/26 dev drop');
    net.run(far, 'ip addr add 192.0.2.66/26 dev drop');
    const answered = () => / 1 received/.test(net.run(far, ['sh', '-c', 'ping -c 1 -W 1 192.0.2.65 || true']));
    const bench = new Bench(addon);
    const { fds: sockets } = addon.openPacket({ device: 'drop', netns, queues: 1, promiscuous: false });
    fds.push(...sockets);
    const handle = addon.borrow(sockets[0]!, IfaceKind.Packet, bench.sends);
    assert.equal(answered(), true);
    const attached = addon.dropIngress('drop', netns);
    while (bench.receive(handle) > 0);
    assert.equal(answered(), false);
    assert.ok(bench.receive(handle) > 0, 'the packet socket has the request');
    addon.closeFd(attached);
    assert.equal(answered(), true);
    addon.release(handle);
    assert.equal(addonError(() => addon.dropIngress('nowhere', netns)).code, 'ENODEV');
  });

  it('keeps frames from the kernel also where another program was first', async () => {
    const far = net.namespace('other');
    net.veth({ netns, device: 'two' }, { netns: far, device: 'two' });
    net.run(netns, 'ip addr add 192.0.2.129/26 dev two');
    net.run(far, 'ip addr add 192.0.2.130/26 dev two');
    const answered = () => / 1 received/.test(net.run(far, ['sh', '-c', 'ping -c 1 -W 1 192.0.2.129 || true']));
    const other = net.start(netns, ['python3', '-c', PASS_ALL, 'two', process.arch === 'x64' ? '321' : '280']);
    const said = await new Promise((resolve) => other.stdout!.once('data', resolve).once('end', () => resolve('nothing')));
    // Its line may come in two pieces.
    assert.match(String(said), /^attached/);
    assert.equal(answered(), true, 'it lets everything pass');
    const attached = addon.dropIngress('two', netns);
    assert.equal(answered(), false);
    addon.closeFd(attached);
    assert.equal(answered(), true);
    other.kill();
  });

  it('changes what the device takes', () => {
    net.veth({ netns, device: 'takes' }, { netns: net.namespace('taken'), device: 'takes' });
    const { fds: sockets } = addon.openPacket({ device: 'takes', netns, queues: 1, promiscuous: false });
    fds.push(...sockets);
    const promiscuity = () => Number(/promiscuity (\d+)/.exec(net.run(netns, 'ip -d link show takes'))![1]);
    const mac = Uint8Array.of(2, 0, 0, 0, 0, 9);
    assert.equal(promiscuity(), 0);
    addon.packetAccept(sockets[0]!, mac, true);
    assert.equal(promiscuity(), 1, 'a veth has no filter, so the kernel makes it promiscuous');
    addon.packetAccept(sockets[0]!, mac, false);
    assert.equal(promiscuity(), 0);
    addon.packetAccept(sockets[0]!, null, true);
    assert.equal(promiscuity(), 1);
    addon.packetAccept(sockets[0]!, null, false);
    assert.equal(promiscuity(), 0);
    assert.throws(() => addon.packetAccept(sockets[0]!, Uint8Array.of(1), true), /six octets/);
    net.run(netns, 'ip link del takes');
    assert.equal(addonError(() => addon.packetAccept(sockets[0]!, mac, true)).code, 'ENODEV');
  });
});
