import type { Registry } from 'prom-client';
import type { Shown } from '../control/show/shown.js';
import { fragmentsWaiting, framesWaiting, ifaceTotal, NO_DEVICE, verdictTotal } from '../control/show/totals.js';
import { CounterEvent, IfaceCounter } from '../shared/counters.js';
import { FIRST_DROP, Verdict, verdictSpec } from '../shared/verdict.js';
import { eventCounters } from './eventCounters.js';
import { pulledCounter, pulledGauge } from './pulled.js';

/**
 * What became of frames. Every received frame is in exactly one of the first two, plus once more for each time it was queued and
 * for each worker that took it from another: received = verdicts - requeued - taken (windrose_worker_taken_frames_total).
 */
export function registerFrames(registry: Registry, { states }: Pick<Shown, 'states'>): void {
  const samples = (label: string, from: Verdict, to: Verdict) => () =>
    Array.from({ length: to - from }, (_, i) => {
      const v = (from + i) as Verdict;
      return [{ [label]: verdictSpec(v).reason }, verdictTotal(states, v)] as const;
    });
  pulledCounter(registry, {
    name: 'windrose_frames_dropped_total',
    help: 'Frames dropped, by reason.',
    labels: ['reason'],
    samples: samples('reason', FIRST_DROP, Verdict.Count),
  });
  pulledCounter(registry, {
    name: 'windrose_frames_total',
    help: 'Frames not dropped, by what became of them. One that is queued or handed over is decided, and counted, again.',
    labels: ['verdict'],
    samples: samples('verdict', Verdict.Translated, FIRST_DROP),
  });
  const event = eventCounters(registry, states);
  pulledCounter(registry, {
    name: 'windrose_frames_without_device_total',
    help: 'Frames decided and sent where there was no device: a physical network that host.physnets lacks, a tunnel that is not open, a router interface that was removed, a MAC no port of the network has.',
    samples: () => [[{}, ifaceTotal(states, NO_DEVICE, IfaceCounter.TxDown)]],
  });
  event(
    'windrose_frames_requeued_total',
    'Frames that waited for a neighbour or for the first fragment of their datagram, and were decided again.',
    CounterEvent.Requeued,
  );
  event(
    'windrose_frames_made_total',
    'Frames the gateway made: ARP, ICMP errors, fragments and segments beyond the first.',
    CounterEvent.FramesMade,
  );
  event(
    'windrose_frames_made_dropped_total',
    'Frames the gateway made and could not send: the neighbour failed, or the worker did while they waited.',
    CounterEvent.QueuedDropped,
  );
  event(
    'windrose_fragments_sent_total',
    'Fragments made because a packet was too big for the way out.',
    CounterEvent.FragmentsMade,
  );
  event(
    'windrose_super_frames_segmented_total',
    'Super-frames cut because the device does not take them, or their segments exceed the MTU of the way out.',
    CounterEvent.FramesSegmented,
  );
  event('windrose_segments_made_total', 'Segments that super-frames were cut into.', CounterEvent.SegmentsMade);
  event(
    'windrose_frames_coalesced_total',
    'Frames that left as part of a super-frame with the ones before them.',
    CounterEvent.FramesCoalesced,
  );
  event(
    'windrose_fragments_released_total',
    'Fragments that had waited for the first one of their datagram, and were decided again.',
    CounterEvent.FragmentsReleased,
  );
  event('windrose_arp_requests_sent_total', 'ARP requests sent.', CounterEvent.ArpRequests);
  event('windrose_arp_announcements_sent_total', 'Gratuitous ARP announcements sent.', CounterEvent.ArpAnnouncements);
  event(
    'windrose_mac_announcements_sent_total',
    'RARP frames by which MACs of ports stay known on physical networks.',
    CounterEvent.MacAnnouncements,
  );
  event('windrose_icmp_errors_sent_total', 'ICMP errors sent.', CounterEvent.IcmpErrors);
  event(
    'windrose_icmp_errors_suppressed_total',
    'ICMP errors not sent because of their rate limit.',
    CounterEvent.IcmpErrorsSuppressed,
  );
  event(
    'windrose_tcp_resets_sent_total',
    'TCP RSTs made: to inside senders of segments without a session, to both ends of idle sessions.',
    CounterEvent.ResetsMade,
  );
  event(
    'windrose_tcp_resets_suppressed_total',
    'TCP RSTs not sent because of the rate limit of ICMP errors.',
    CounterEvent.ResetsSuppressed,
  );
  pulledGauge(registry, {
    name: 'windrose_frames_waiting',
    help: 'Received frames that wait for a neighbour.',
    samples: () => [[{}, framesWaiting(states)]],
  });
  pulledGauge(registry, {
    name: 'windrose_fragments_waiting',
    help: 'Fragments that wait for the first one of their datagram.',
    samples: () => [[{}, fragmentsWaiting(states)]],
  });
}
