import type { Logger } from 'pino';
import type { Config, EventsConfig } from '../../config/config.js';
import { EVENT_RECORDS, EventHead, EventOn } from '../../tables/eventRing.js';
import type { State } from '../../tables/state.js';
import type { WireIpv4 } from '../../types/ipv4.js';
import type { StateIndex } from '../stateIndex.js';
import { EventCounts } from './counts.js';
import { FileOutput } from './fileOutput.js';
import { IpfixOutput } from './ipfixOutput.js';
import type { EventOutput } from './output.js';
import { type EventRecord, Quota } from './record.js';
import { RefusalWindows } from './refusalWindows.js';
import { type EventNames, RingReader } from './ringReader.js';

/** How often the workers' rings are read. */
const DRAIN_MS = 100;
/** Readings between two looks at what was refused. */
const REFUSAL_TURNS = 10;
/** Records taken in one go; then main does something else first. */
const MOST_RECORDS = 8192;
/** Goes that empty a full ring, and as many again. */
const DRAIN_TURNS = (2 * EVENT_RECORDS) / MOST_RECORDS;

/** What records are made from, and the clocks: the workers' (wrapping milliseconds) and the wall. */
export interface EventSources {
  readonly states: readonly State[];
  readonly index: Pick<StateIndex, 'zoneNames' | 'addresses'>;
  /** Routers that have a SNAT service here, by number. */
  readonly routers: () => ReadonlyMap<number, string>;
  readonly log: Logger;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

/**
 * The record of NAT events (LOG-1 to LOG-6): reads the workers' rings, and writes what it finds to the outputs of the configuration.
 * Nothing here can hold a worker up: a ring that is not read in time loses records, counted, and so does an output that fails.
 */
export class EventLog {
  readonly counts = new EventCounts();
  readonly #sources: EventSources;
  readonly #reader: RingReader;
  readonly #refusals: RefusalWindows;
  #config: Config;
  #outputs: EventOutput[] = [];
  /** Outputs of a configuration before, until they are closed. */
  #closing: Promise<unknown> = Promise.resolve();
  #names: EventNames | undefined;
  #timer: NodeJS.Timeout | undefined;
  #started = false;
  #turn = 0;
  #more = false;

  constructor(sources: EventSources, config: Config) {
    const { states, nowMs, wallMs } = sources;
    this.#sources = sources;
    this.#config = config;
    this.#reader = new RingReader(states, nowMs, wallMs);
    this.#refusals = new RefusalWindows(
      states,
      () => performance.now(),
      wallMs,
      (quota) => limitOf(this.#config, quota),
    );
    this.#use(undefined, config.events);
  }

  /** Reads until stop(); keeps no process alive. */
  start(): void {
    this.#started = true;
    this.#keepTime();
  }

  /** Without an output there is nothing to wake up for. */
  #keepTime(): void {
    clearInterval(this.#timer);
    if (this.#started && this.#outputs.length > 0) this.#timer = setInterval(() => this.#look(), DRAIN_MS).unref();
  }

  /** Another configuration is in force. What happened under the one before is written as it asked. */
  configure(config: Config): void {
    this.drain();
    const before = this.#config.events;
    this.#config = config;
    this.#use(before, config.events);
    for (const output of this.#outputs) if (output instanceof IpfixOutput) output.describe();
  }

  /** Opens the file anew: it was moved (logrotate). */
  reopen(): void {
    this.drain();
    for (const output of this.#outputs) if (output instanceof FileOutput) output.reopen();
  }

  /** Writes what main itself found. */
  note(record: EventRecord): void {
    this.#write(record);
  }

  /** Takes everything that is in the rings now. */
  drain(): void {
    // A worker that writes faster than main reads must not hold main here.
    for (let most = DRAIN_TURNS * this.#sources.states.length; most > 0 && this.#read(); most--);
    this.#flush();
  }

  /** Reads the rings for the last time, when the workers have stopped, and closes the outputs. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#keepTime();
    this.drain();
    this.#refuse();
    this.#flush();
    this.#setRings(0);
    await Promise.all([this.#closing, ...this.#outputs.splice(0).map((output) => output.close())]);
  }

  #look(): void {
    this.#turn = (this.#turn + 1) % REFUSAL_TURNS;
    this.#readOn();
    if (this.#turn === 0) this.#refuse();
    this.#flush();
  }

  /** Reads; what is left then is read after whatever else main has to do. */
  #readOn(): void {
    if (!this.#read() || this.#more) return;
    this.#more = true;
    setImmediate(() => {
      this.#more = false;
      this.#readOn();
      this.#flush();
    });
  }

  /** True when there is more. */
  #read(): boolean {
    const taken = this.#reader.read(this.#namesNow(), MOST_RECORDS, (record) => this.#write(record));
    return taken === MOST_RECORDS;
  }

  #refuse(): void {
    if (this.#outputs.length > 0) this.#refusals.look(this.#namesNow().zones, (record) => this.#write(record));
  }

  #write(record: EventRecord): void {
    if (record.kind === 'gap') this.counts.ringFull(record.lost);
    for (const output of this.#outputs) output.write(record);
  }

  #flush(): void {
    this.#names = undefined;
    for (const output of this.#outputs) output.flush();
  }

  /** Made anew for each reading: a reload gives numbers to other names. */
  #namesNow(): EventNames {
    const { index } = this.#sources;
    this.#names ??= {
      zones: turned(index.zoneNames()),
      routers: this.#sources.routers(),
      addresses: turned(index.addresses() as ReadonlyMap<WireIpv4, number>),
      destinations: this.#config.events.destinations,
    };
    return this.#names;
  }

  /** Opens what is new, closes what is gone, and tells the workers what to write. */
  #use(before: EventsConfig | undefined, { file, ipfix, sessions }: EventsConfig): void {
    const { log, wallMs } = this.#sources;
    const keeps = (output: EventOutput): boolean => {
      if (output instanceof FileOutput) return output.path === file;
      if (!(output instanceof IpfixOutput) || ipfix === undefined) return false;
      const { host, port } = output.collector;
      return host === ipfix.collector.host && port === ipfix.collector.port && output.domain === ipfix.domain;
    };
    const kept = this.#outputs.filter(keeps);
    const gone = this.#outputs.filter((output) => !kept.includes(output)).map((output) => output.close());
    this.#closing = Promise.all([this.#closing, ...gone]);
    const has = (name: EventOutput['name']): boolean => kept.some((output) => output.name === name);
    if (file !== undefined && !has('file')) kept.push(new FileOutput(file, this.counts.watch('file', log, { file }), wallMs));
    if (ipfix !== undefined && !has('ipfix')) {
      const { collector, domain } = ipfix;
      const about = { collector: `${collector.host}:${collector.port}`, domain };
      const zones = () => turned(this.#sources.index.zoneNames());
      kept.push(new IpfixOutput(collector, domain, zones, this.counts.watch('ipfix', log, about), wallMs));
    }
    const wasOff = before === undefined || this.#outputs.length === 0;
    this.#outputs = kept;
    if (wasOff) this.#refusals.forget();
    this.#keepTime();
    this.#setRings(kept.length === 0 ? 0 : EventOn.Mappings | (sessions ? EventOn.Sessions : 0));
  }

  #setRings(on: number): void {
    for (const { events } of this.#sources.states) Atomics.store(events.head, EventHead.On, on);
  }
}

function turned<K>(map: ReadonlyMap<K, number>): Map<number, K> {
  return new Map(Array.from(map, ([key, number]) => [number, key]));
}

/** What the configuration says of a quota. A host has four limits, and the record does not say at which it was: none is named. */
function limitOf({ limits }: Config, quota: Quota): number | undefined {
  if (quota === Quota.Sessions) return limits.sessions;
  if (quota === Quota.Hosts) return limits.hosts;
  return quota === Quota.Fragments ? limits.fragments.datagrams : undefined;
}
