import { createRequire } from 'node:module';
import type { ServiceCalls } from './serviceCalls.js';
import type { ThreadCalls } from './threadCalls.js';
import type { TunnelCalls } from './tunnelCalls.js';

/**
 * The face of the native addon: system calls in bulk and nothing else. This file is the only one that loads it.
 *
 * Two lifetimes meet here. The main thread *opens* descriptors and keeps them until the interface goes away (D8); a worker
 * *borrows* the number. Everything called per burst takes and returns small integers only, so it leaves no garbage.
 *
 * Frame records in the arena: a record starts at a multiple of 64; 64 octets of headroom; the 10-octet virtio-net header;
 * the Ethernet frame. So the frame starts at 10 (mod 64), hence 2 (mod 4), and an IPv4 header behind 14 or 18 octets is
 * 4-aligned (D12). `offset` always names the first octet of the Ethernet frame, `length` counts from there.
 */
export interface Addon extends TunnelCalls, ServiceCalls, ThreadCalls {
  /** Opens (creates, or attaches to a persistent) TAP with `queues` queues, virtio-net header, offloads. Main thread. Throws AddonError. */
  openTap(options: OpenTapOptions): OpenedIface;
  /** Opens AF_PACKET sockets: virtio-net header, a ring where the kernel allows it, fanout if queues > 1. Main thread. Throws AddonError. */
  openPacket(options: OpenPacketOptions): OpenedIface;
  /** Reads MTU, MAC, flags and losses of a device as it stands now. Throws AddonError (ENODEV when it is gone). */
  linkInfo(device: string, netns?: string): LinkInfo;
  /** What the kernel itself has on a device as it stands now; nothing of a device that is not there. Throws AddonError. */
  kernelSide(device: string, netns?: string): KernelSide;
  /** False once the device behind a queue or socket is gone for it (deleted, or moved away): this descriptor never works again. Cheap. */
  attached(fd: number): boolean;
  /** Gives a device another MTU. Main thread. Throws AddonError. */
  setMtu(device: string, octets: number, netns?: string): void;
  /**
   * Frames to `mac` (six octets) reach the device of this packet socket beside those to its own MAC, in its filter where it has one; null:
   * frames to any. `add` false takes back what was added. Main thread. Throws AddonError.
   */
  packetAccept(fd: number, mac: Uint8Array | null, add: boolean): void;
  /**
   * Keeps the kernel from what arrives on the device: everything is dropped behind our packet sockets, until the descriptor it returns
   * is closed. Main thread. Throws AddonError ("bpf(...)": EINVAL before Linux 6.6, EPERM without CAP_BPF).
   */
  dropIngress(device: string, netns?: string): number;
  /**
   * Frames the kernel dropped because the queue or ring of a packet socket, or the queue of a tunnel's socket, was full, since the last
   * call. 0 for a TAP.
   */
  kernelDrops(fd: number): number;
  /** True when the kernel fills the ring of this packet socket no more (native/packet_ring.h). To be asked regularly; takes no drops. Main thread. */
  ringStalled(fd: number): boolean;
  /**
   * The ring of a packet socket is gone, with what was in it: its frames come through its queue, also to who has borrowed it. `last` is the
   * last socket of its device: the order of the queues stays. Some 20 ms long, 40 where `last` is another, frames do not reach them.
   * Main thread. Throws AddonError: the ring stays as it was, or was given up and the two have changed places.
   */
  giveUpRing(fd: number, last: number): void;
  /** Closes a descriptor that open*, dropIngress, listenBy or wakeCreate returned. */
  closeFd(fd: number): void;

  /** bpf(2): a table in the kernel. Returns a descriptor for closeFd. Throws AddonError, EPERM where bpf() is kept from the process. */
  bpfMapCreate(options: BpfMapOptions): number;
  /** Writes one value; key and value have the octets the table was made with. Throws AddonError. */
  bpfMapUpdate(map: number, key: Uint8Array, value: Uint8Array): void;
  /** False when there is no such key. Throws AddonError. */
  bpfMapDelete(map: number, key: Uint8Array): boolean;
  /** The first `octets` of a `mapped` array, until the environment of the calling thread ends; programs see what is stored. Throws AddonError. */
  bpfMapMemory(map: number, octets: number): ArrayBuffer;
  /** Loads a socket filter, 8 octets an instruction. Returns a descriptor; who is steered by the program keeps it loaded. Throws AddonError. */
  bpfProgramLoad(instructions: Uint8Array, name: string): number;
  /** Runs a program on an Ethernet frame, of which it sees what follows the first 14 octets, and returns its answer. Throws AddonError. */
  bpfProgramRun(program: number, frame: Uint8Array): number;
  /** Takes the steering program off a TAP: a persistent one would keep it. Nothing for a packet socket. */
  unsteer(fd: number): void;

  /**
   * Asks for huge pages behind a view of a SharedArrayBuffer that nobody has touched yet, as far as whole ones fit in. False where the
   * kernel has none: then the memory works as it is.
   */
  hugePages(memory: Uint8Array): boolean;

  /** A new eventfd that ends `wait` in whichever thread waits on it. */
  wakeCreate(): number;
  /** Wakes the waiter of this eventfd. Any thread. */
  wake(fd: number): void;

  /** A connected pair of descriptors: [0] stays with main to lend through, [1] is a worker's to take from. Throws AddonError. */
  channelCreate(): [number, number];
  /** Hands a copy of `fd` to the worker at the other end, which then borrows it under the same number. Main thread. Throws AddonError. */
  lend(channel: number, fd: number): void;
  /**
   * Gives the calling thread a descriptor table of its own: system calls on it need no locked reference counting, about 5 % at
   * 64-octet frames. What was borrowed stays; later borrows take what main lent through `channel`. False where the system
   * forbids it: then nothing changed, and descriptors are shared as before.
   */
  privateFiles(channel: number): boolean;

  /** Registers this environment's memory. Once per environment, before borrow. All arrays are views of SharedArrayBuffers and stay referenced. */
  attach(memory: AttachedMemory): void;
  /** Borrows an open descriptor for this environment: a handle, the lowest free of 0..1099. `sends`: (offset, length) pairs that transmit reads. */
  borrow(fd: number, kind: IfaceKind, sends: Int32Array): number;
  /** Gives a handle back; the descriptor stays open. Its number may be reused by the next borrow. */
  release(handle: number): void;
  /**
   * Receives up to `maxFrames` frames, packed densely from `start`, never writing at or beyond `end` (both arena offsets,
   * multiples of 64). Fills offsets[i], lengths[i], tags[i] from i = 0. Returns the count (0 = nothing waiting) or -errno
   * when the very first call failed otherwise. Never throws, never blocks. Stops when less than 65,664 octets of the window are
   * left, so that any frame fits; a shorter window receives nothing (0). -EBADF and -EFAULT also stand for a handle that is not
   * borrowed and a window outside the arena.
   */
  receive(handle: number, maxFrames: number, start: number, end: number): number;
  /**
   * Sends the first `count` (offset, length) pairs of this handle's list. The virtio-net header stands in the 10 octets
   * before `offset`. Writes 0 or the errno of each frame to sendErrors[i]. Returns how many the kernel took. Never throws,
   * never blocks, never stops at a failed frame. A frame outside the arena is not sent: EFAULT in sendErrors. Negative when the
   * call itself was wrong: -EBADF (handle not borrowed), -EFAULT (`count` beyond the list or sendErrors).
   */
  transmit(handle: number, count: number): number;
  /**
   * Waits until a borrowed descriptor is readable, `wakeFd` is signalled (then drained) or the time is over (at most 100 ms). Returns
   * a bit mask of readable handles, bit 31 for those from 31 on and all watched ones; 0 = none.
   */
  wait(wakeFd: number, timeoutMicros: number): number;
  /** From now on `readable`, not `wait`, tells when this handle has something. For TAPs: what a packet socket holds back is not seen. */
  watch(handle: number): void;
  /** Fills `ready` with watched handles that have something to receive, as far as there is room. Returns how many, or -errno. */
  readable(): number;
  /** Lets other threads that wait for this CPU run first: sched_yield(2). */
  giveWay(): void;
  /** Monotonic clock in milliseconds, truncated to int32 (wraps; compare by signed difference, D15). */
  nowMs(): number;
  /** Monotonic clock in microseconds, truncated to int32 >= 0 (wraps at 2^30; for short intervals: busy share, spinning). */
  nowMicros(): number;
}

export const enum IfaceKind {
  Tap = 1,
  Packet = 2,
}

/** linux/bpf.h */
export const enum BpfMapType {
  Hash = 1,
  Array = 2,
}

export interface BpfMapOptions {
  type: BpfMapType;
  /** 4 for an array. */
  keyOctets: number;
  valueOctets: number;
  entries: number;
  /** Arrays only: bpfMapMemory may map it. */
  mapped: boolean;
  /** Letters, digits, "_" and "."; the kernel keeps 15. */
  name: string;
}

export interface OpenTapOptions {
  device: string;
  /** Name under /run/netns, or an absolute path of a namespace file. Omitted: the process's own. */
  netns?: string;
  queues: number;
  /** TUN_F_CSUM | TSO4 | TSO6, and USO4 | USO6 where the kernel has them; false: none (the kernel finishes checksums and segments). */
  offloads: boolean;
  /** Transmit queue length of the device; 4096 by default (D13). */
  txQueueLength?: number;
  mtu?: number;
  /** Sets the device up. */
  up: boolean;
  /** Program that chooses the queue of each frame, from its Ethernet header on; without one the kernel does, by flow. */
  steering?: number;
}

export interface OpenPacketOptions {
  device: string;
  netns?: string;
  queues: number;
  /** SO_RCVBUFFORCE, at least 16 MiB by default (D13). */
  receiveBufferOctets?: number;
  /** Slots of 2 KiB that the kernel fills for each queue; 0: none. By default receiveBufferOctets, shared by the queues, at least 2,048. */
  ringSlots?: number;
  promiscuous: boolean;
  /** Frames that this machine sends out of the device come as well: for who only looks. False by default. */
  outgoing?: boolean;
  /** Program that chooses the queue of each frame, from its IP header on; without one a hash of the flow does. */
  steering?: number;
}

export interface LinkInfo {
  ifindex: number;
  /** "02:00:00:00:00:01" */
  mac: string;
  mtu: number;
  up: boolean;
  running: boolean;
  /** Inode of its network namespace: a namespace made anew under the old name has another one. 0 without /proc. */
  netnsInode: number;
  /** Frames the device did not take since it exists: of a TAP, those that found its queue to us full. */
  txDropped: number;
}

export interface KernelSide {
  /** "192.0.2.1/24", "fe80::1/64" */
  addresses: string[];
  /** net.ipv4.conf.DEVICE.forwarding, and the same for IPv6; false for a protocol that is off. */
  forwardsIpv4: boolean;
  forwardsIpv6: boolean;
}

export interface OpenedIface extends LinkInfo {
  kind: IfaceKind;
  /** One descriptor per queue, non-blocking, close-on-exec. */
  fds: number[];
  /** TUN_F_* bits the kernel accepted; 0 for packet sockets. */
  offloadBits: number;
  /** Packet sockets: slots of the smallest ring; 0 where a queue has none and is read by recvmmsg, as that of a TAP by read. */
  ringSlots: number;
  /** Why a ring was refused: "ENOMEM", ..., or in words why none was asked for; empty: none was. */
  ringRefused: string;
}

/** What a worker shares with the addon. `offsets`, `lengths`, `tags` have one element per frame of the largest burst. */
export interface AttachedMemory {
  arena: Uint8Array;
  offsets: Int32Array;
  lengths: Int32Array;
  /**
   * VLAN tag the kernel took off the frame: 0x10000 | TCI, else 0. (A TAP leaves the tag in the frame: 0.) With 0x20000 as well
   * the tag was not 802.1Q but another (802.1ad): such a frame is not ours to read as a member of that VLAN.
   */
  tags: Int32Array;
  /** errno per frame of the last transmit, 0 = sent. */
  sendErrors: Int32Array;
  /** Where `readable` puts handles, at most 64; without it nothing can be watched. */
  ready?: Int32Array;
}

/** Thrown by the opening calls. `message` is a full sentence; errors/catalog.ts adds the remedy by `code` and `syscall`. */
export interface AddonError extends Error {
  /** "EPERM", "EBUSY", "ENODEV", ... */
  code: string;
  errno: number;
  /** "open(/dev/net/tun)", "ioctl(TUNSETIFF)", "setns", "bind", ... */
  syscall: string;
  /** Device name the call was about. */
  iface: string;
}

let loaded: Addon | undefined;

/** Loads the addon for this thread. Throws an Error that says how to build it when it is missing. */
export function loadAddon(): Addon {
  loaded ??= createRequire(import.meta.url)('../../../build/Release/windrose.node') as Addon;
  return loaded;
}
