import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { type IfaceSlots, ifaceSum, listIfaces } from '../control/show/totals.js';
import { IfaceCounter } from '../shared/counters.js';
import { type Labels, pulledCounter, pulledGauge } from './pulled.js';

/** Counters of every line of `show ifaces`; failures and losses count on the device's own line, not on its VLANs. */
export function registerIfaces(registry: Registry, shown: Shown): void {
  const lines = () => listIfaces(shown.built);
  const devices = () => lines().filter((line) => line.vlan === 0);
  const sum = (line: IfaceSlots, counter: IfaceCounter) => ifaceSum(shown.states, line, counter);
  const traffic = (name: string, help: string, counter: IfaceCounter) =>
    pulledCounter(registry, {
      name,
      help,
      labels: ['iface'],
      samples: () => lines().map((line) => [{ iface: line.name }, sum(line, counter)] as const),
    });
  traffic('windrose_iface_receive_frames_total', 'Frames received; an offloaded super-frame is one.', IfaceCounter.RxFrames);
  traffic('windrose_iface_receive_bytes_total', 'Octets received, Ethernet header included.', IfaceCounter.RxOctets);
  traffic('windrose_iface_receive_packets_total', 'Packets received; a super-frame counts its segments.', IfaceCounter.RxPackets);
  traffic('windrose_iface_transmit_frames_total', 'Frames the device took; a super-frame is one.', IfaceCounter.TxFrames);
  traffic('windrose_iface_transmit_bytes_total', 'Octets the device took, Ethernet header included.', IfaceCounter.TxOctets);
  traffic(
    'windrose_iface_transmit_packets_total',
    'Packets the device took; a super-frame counts its segments.',
    IfaceCounter.TxPackets,
  );
  const causes = {
    full: IfaceCounter.TxFull,
    down: IfaceCounter.TxDown,
    too_long: IfaceCounter.TxTooLong,
    error: IfaceCounter.TxError,
  } as const;
  pulledCounter(registry, {
    name: 'windrose_iface_transmit_failed_total',
    help: "Frames the kernel did not take: its queue full (or the far end of a veth pair dropped it), the device down or gone, longer than the device's MTU, another error.",
    labels: ['iface', 'cause'],
    samples: () =>
      devices().flatMap((line) =>
        Object.entries(causes).map(([cause, counter]) => [{ iface: line.name, cause }, sum(line, counter)] as const),
      ),
  });
  pulledCounter(registry, {
    name: 'windrose_iface_receive_errors_total',
    help: 'Receive calls that failed.',
    labels: ['iface'],
    samples: () => devices().map((line) => [{ iface: line.name }, sum(line, IfaceCounter.RxError)] as const),
  });
  pulledCounter(registry, {
    name: 'windrose_iface_kernel_dropped_total',
    help: 'Frames the kernel dropped before the gateway read them. Absent for a TAP in a namespace that cannot be entered.',
    labels: ['iface'],
    samples: () =>
      devices().flatMap((line): [Labels, number][] => {
        const dropped = shown.links.kernelDrops(line.device);
        return dropped === undefined ? [] : [[{ iface: line.name }, dropped]];
      }),
  });
  pulledCounter(registry, {
    name: 'windrose_iface_returns_total',
    help: 'Times the device was taken away and opened again.',
    labels: ['iface'],
    samples: () => devices().map((line) => [{ iface: line.name }, shown.links.returns(line.device)] as const),
  });
  pulledGauge(registry, {
    name: 'windrose_iface_steering',
    help: '1: who gives frames to workers: a program in the kernel, or software (a hash of the flow, and workers hand over). Absent with one worker.',
    labels: ['iface', 'by'],
    samples: () =>
      devices().flatMap((line): [Labels, number][] => {
        const by = shown.links.steeredBy(line.device) ?? 'none';
        return by === 'none' ? [] : [[{ iface: line.name, by }, 1]];
      }),
  });
  const asks = (name: string, help: string, which: 'exclusive' | 'promiscuous') =>
    pulledGauge(registry, {
      name,
      help,
      labels: ['iface'],
      samples: () =>
        devices()
          .filter(({ device }) => device.kind === 'packet')
          .map((line) => [{ iface: line.name }, Number(shown.links.side(line.device)[which])] as const),
    });
  asks(
    'windrose_iface_exclusive',
    '1: what arrives on the packet device is kept from the kernel; 0: the kernel gets it too.',
    'exclusive',
  );
  asks('windrose_iface_promiscuous', '1: the packet device takes frames to any MAC for the gateway; 0: to some.', 'promiscuous');
  pulledGauge(registry, {
    name: 'windrose_iface_up',
    help: '1: the device is up and operational; 0: it is down or gone.',
    labels: ['iface'],
    samples: () => devices().map((line) => [{ iface: line.name }, shown.links.state(line.device) === 'UP' ? 1 : 0] as const),
  });
}
