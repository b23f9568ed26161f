import assert from 'node:assert/strict';
import { getJson } from '../../../src/cli/controlClient.js';
import { IfaceKind } from '../../../src/io/addon.js';
import type { IfaceRow } from '../../../src/types/show.js';
import { addonUnderTest, Bench, firstFrameOffset } from '../../native/loadedAddon.js';
import type { Bed } from '../support/bed.js';
import {
  addressText,
  arp,
  EtherType,
  ethernet,
  etherType,
  icmp,
  ipv4,
  macText,
  Protocol,
  readIpv4,
  udp,
} from '../support/packets.js';
import { eventually, scenario } from '../support/scenario.js';

const GATEWAY = '1.1.100.1';
const ANY = 'ff:ff:ff:ff:ff:ff';
const HOSTS = Array.from({ length: 8 }, (_, i) => ({ address: `1.1.1.${10 + i}`, mac: `02:00:00:00:01:${10 + i}` }));
type Host = (typeof HOSTS)[number];
/** linux/virtio_net.h: VIRTIO_NET_HDR_F_NEEDS_CSUM and VIRTIO_NET_HDR_GSO_UDP. */
const UNTOLD = [1, 3];

let attached: Bench | undefined;
/** The memory of this thread, which is attached once. */
function bench(): Bench {
  attached ??= new Bench(addonUnderTest());
  return attached;
}

/** The machine behind the TAP that stands in the place of the gateway's end of the link. */
class Machine {
  readonly #bench = bench();
  readonly #addon = this.#bench.addon;
  readonly #fd: number;
  readonly #handle: number;
  #gatewayMac = '';

  constructor(bed: Bed) {
    // What was there stays up under another name, and so does the link's far end, which the bed gives its addresses.
    for (const change of ['lan down', 'lan name unused', 'unused up']) bed.sandbox.run(bed.middle, `ip link set ${change}`);
    const options = { device: 'lan', netns: bed.middle, queues: 1, offloads: true, up: true };
    this.#fd = this.#addon.openTap(options).fds[0]!;
    this.#handle = this.#addon.borrow(this.#fd, IfaceKind.Tap, this.#bench.sends);
  }

  #send(frame: Uint8Array, header: readonly number[] = []): void {
    this.#bench.stage(0, firstFrameOffset, frame);
    this.#bench.arena.set(header, firstFrameOffset - 10);
    assert.equal(this.#addon.transmit(this.#handle, 1), 1);
  }

  /** A datagram of 4,000 octets, to be cut into fragments of 1,480. */
  sendUntold({ address, mac }: Host): void {
    const datagram = udp({ source: address, destination: '1.2.1.4' }, { source: 1000, destination: 2000 }, Buffer.alloc(4000));
    const packet = ipv4({ source: address, destination: '1.2.1.4', protocol: Protocol.Udp }, datagram);
    this.#send(ethernet(this.#gatewayMac, mac, EtherType.Ipv4, packet), [...UNTOLD, 42, 0, 0xc8, 5, 34, 0, 6, 0]);
  }

  /** Announces itself and asks the gateway for an echo; whether the answer came. */
  hears(host: Host, id: number): boolean {
    const { address, mac } = host;
    this.#sendArp(1, host, ANY);
    const learned = this.#await((frame) => etherType(frame) === EtherType.Arp && macText(frame.subarray(0, 6)) === mac);
    if (learned === undefined) return false;
    this.#gatewayMac = macText(learned.subarray(6, 12));
    const echo = icmp(8, 0, id, 1, Buffer.alloc(32));
    const packet = ipv4({ source: address, destination: GATEWAY, protocol: Protocol.Icmp }, echo);
    this.#send(ethernet(this.#gatewayMac, mac, EtherType.Ipv4, packet));
    return this.#await((frame) => readIpv4(frame)?.destination === address && readIpv4(frame)?.sourcePort === id) !== undefined;
  }

  /** The first frame of the next half second that is wanted; who asks for a host meanwhile gets its answer. */
  #await(wanted: (frame: Buffer) => boolean): Buffer | undefined {
    const look = (octets: Uint8Array): boolean => {
      const frame = Buffer.from(octets);
      const asked = etherType(frame) === EtherType.Arp && frame.readUInt16BE(20) === 1 ? addressText(frame.subarray(38, 42)) : '';
      const host = HOSTS.find(({ address }) => address === asked);
      if (host !== undefined) this.#sendArp(2, host, macText(frame.subarray(22, 28)));
      return wanted(frame);
    };
    try {
      return Buffer.from(this.#bench.await(this.#handle, look, 500).frame);
    } catch {
      return undefined;
    }
  }

  /** Asks for the gateway's MAC (1), or tells it the host's (2). */
  #sendArp(operation: 1 | 2, { address, mac }: Host, to: string): void {
    const target = operation === 1 ? '00:00:00:00:00:00' : to;
    this.#send(ethernet(to, mac, EtherType.Arp, arp(operation, mac, address, target, GATEWAY)));
  }

  close(): void {
    this.#addon.release(this.#handle);
    this.#addon.closeFd(this.#fd);
  }
}

let machine: Machine | undefined;

scenario(
  'D13 a frame that stops the ring of a packet interface stops it no longer than a moment',
  {
    folder: 'ring-stall',
    on: ['packet'],
    workers: [1, 2],
    before: (bed) => {
      machine = new Machine(bed);
    },
  },
  async (bed) => {
    const host = machine!;
    try {
      const slots = async () => ((await getJson(bed.socket, '/v1/show/ifaces')) as IfaceRow[])[0]!.ringSlots;
      const given = () => bed.process.stdout.split('"msg":"packet ring given up"').length - 1;
      const count = async (metric: string) =>
        Number(new RegExp(`^${metric}\\{iface="lan"\\} (\\d+)$`, 'm').exec(await bed.operator.page())![1]);
      let id = 100;
      const heard = () => HOSTS.filter((one) => host.hears(one, id++)).length;
      assert.equal(heard(), HOSTS.length);
      assert.ok((await slots()) > 0);

      // One is enough for a queue: whoever it reaches is deaf from there on.
      for (const one of HOSTS) host.sendUntold(one);
      await eventually(heard, (now) => now === HOSTS.length, 10_000);
      assert.equal(await slots(), 0);
      const queues = given();
      assert.ok(queues >= 1 && queues <= bed.workers, `${queues} rings were given up`);
      assert.ok((await count('windrose_iface_kernel_dropped_total')) >= queues, 'lost frames are counted');

      // Every queue has had its share when the second round is through; then each is one error and nothing else.
      for (const one of HOSTS) host.sendUntold(one);
      await eventually(heard, (now) => now === HOSTS.length, 10_000);
      const [before, dropped] = [
        await count('windrose_iface_receive_errors_total'),
        await count('windrose_iface_kernel_dropped_total'),
      ];
      for (const one of HOSTS) host.sendUntold(one);
      assert.equal(heard(), HOSTS.length);
      await eventually(
        () => count('windrose_iface_receive_errors_total'),
        (now) => now === before + HOSTS.length,
      );
      assert.equal(await count('windrose_iface_kernel_dropped_total'), dropped);
      assert.ok(given() <= bed.workers, 'each is told once');
    } finally {
      host.close();
    }
  },
);
