import { Verdict } from './verdict.js';

/**
 * Counters are float64 slots, one row per worker, one writer per row, plain additions (K11). Main sums the rows when it is
 * asked; a replaced worker's row stays, so nothing steps back.
 *
 * A row: verdicts | events | per interface | per zone.
 */
export const enum CounterEvent {
  /** Frames sent that no received frame became: ARP requests, announcements, ICMP errors, fragments and segments beyond the first. */
  FramesMade = 0,
  ArpRequests,
  ArpAnnouncements,
  IcmpErrors,
  IcmpErrorsSuppressed,
  FragmentsMade,
  SessionsCreated,
  SessionsExpired,
  /** Ended by an operator. */
  SessionsPurged,
  /** A zone address was full and the next one was tried. */
  AddressRetries,
  Turns,
  Sleeps,
  /** Microseconds spent with frames in hand. */
  BusyMicros,
  /** Frames that waited for a neighbour and were taken up again. */
  Requeued,
  /** Queued frames dropped because the neighbour failed. */
  QueuedDropped,
  /** Frames taken from another worker. */
  HandedIn,
  /** Copies of ARP packets that another worker had no room for. */
  ArpCopiesLost,
  /** Frames the gateway made that wait for a neighbour now. Goes up and down: a replacement counts them as QueuedDropped. */
  MadeWaiting,
  /** Sessions that share an external port with another (overload, overlap). */
  SessionsOverlapped,
  /** Sessions ended to make room: closing or half-open ones, and held ports given out early. */
  SessionsRecycled,
  HeldReused,
  /** TCP RSTs made: about segments without a session (TCP-9), at the end of idle sessions (TIM-6); not sent because of the limits. */
  ResetsMade,
  ResetsSuppressed,
  /** Fragments that waited for their first one and wait no longer; they count as Requeued too. */
  FragmentsReleased,
  /** Super-frames cut into segments, and the frames they became. */
  FramesSegmented,
  SegmentsMade,
  /** Frames that went on as part of the one before them (pipeline/coalesce.ts): verdicts without a frame sent. */
  FramesCoalesced,
  /** Microseconds of turns without frames, before the worker slept. */
  PolledMicros,
  /** Times that polling was ended by a frame, which saved a sleep. */
  PollsMet,
  /** Copies of flooded frames there was no room for. */
  FloodCopiesLost,
  /** RARP by which ports' MACs stay known on physical networks. */
  MacAnnouncements,
  Count = 48,
}

export const enum IfaceCounter {
  RxFrames = 0,
  RxOctets,
  /** Packets on the wire: a super-frame counts its segments (OFF-14). */
  RxPackets,
  /** What the device took; what it did not take is in one of those below. */
  TxFrames,
  TxOctets,
  TxPackets,
  /** Frames the kernel refused: queue full (EAGAIN, ENOBUFS). */
  TxFull,
  /** Frames the kernel refused because the device is down or gone. */
  TxDown,
  /** Frames the kernel refused for another reason. */
  TxError,
  /** Receive calls that failed. */
  RxError,
  /** Frames the kernel refused because they are longer than the device's MTU (EMSGSIZE). */
  TxTooLong,
  Count = 16,
}

export const enum ZoneCounter {
  Created = 0,
  Ended,
  /** Sessions refused: no address, no port, table full. */
  Refused,
  Count = 4,
}

/** Room for this many rows of router interfaces and devices, and zones. */
export const enum CounterRoom {
  Rifs = 9280,
  /** Rows from here on are per slot of a device: frames of no known router interface, of ports, of tunnels. */
  FirstDevice = 8192,
  /** As many as sessions have bits for (zoneOf). */
  Zones = 1024,
}

const enum Layout {
  Events = Verdict.Count,
  Ifaces = Layout.Events + CounterEvent.Count,
  Zones = Layout.Ifaces + CounterRoom.Rifs * IfaceCounter.Count,
  End = Layout.Zones + CounterRoom.Zones * ZoneCounter.Count,
  /** Rows are padded to 128 octets so that no two workers share a line. */
  Row = ((Layout.End + 15) >> 4) << 4,
}

/** Zone state index of sessions by static mappings; no zone of the configuration has it. */
export const STATIC_ZONE: number = CounterRoom.Zones - 1;

/** One worker's row, as four views. */
export interface Counters {
  readonly verdicts: Float64Array;
  readonly events: Float64Array;
  /** Slot rif * IfaceCounter.Count + counter. */
  readonly rifs: Float64Array;
  /** Slot zone state index * ZoneCounter.Count + counter. */
  readonly zones: Float64Array;
}

export function countersOctets(workers: number): number {
  return workers * Layout.Row * 8;
}

export function countersRow(buffer: SharedArrayBuffer, worker: number): Counters {
  const view = (at: number, length: number) => new Float64Array(buffer, (worker * Layout.Row + at) * 8, length);
  return {
    verdicts: view(0, Verdict.Count),
    events: view(Layout.Events, CounterEvent.Count),
    rifs: view(Layout.Ifaces, CounterRoom.Rifs * IfaceCounter.Count),
    zones: view(Layout.Zones, CounterRoom.Zones * ZoneCounter.Count),
  };
}

/** Counts an event. */
export function countEvent(c: Counters, event: CounterEvent): void {
  c.events[event] = c.events[event]! + 1;
}

/** Counts for a zone, by its state index. */
export function countZone(c: Counters, zoneState: number, counter: ZoneCounter): void {
  const at = zoneState * ZoneCounter.Count + counter;
  c.zones[at] = c.zones[at]! + 1;
}

/** Frames received over all interfaces, in a worker's counters of them. */
export function framesReceived(rifs: Float64Array): number {
  let frames = 0;
  for (let at = IfaceCounter.RxFrames; at < rifs.length; at += IfaceCounter.Count) frames += rifs[at]!;
  return frames;
}
