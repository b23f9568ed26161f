import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Config, EventsConfig } from '../../src/config/config.js';
import { EventLog } from '../../src/control/events/eventLog.js';
import { ControlWord } from '../../src/shared/control.js';
import { eventSession, type NatEvent } from '../../src/tables/eventRing.js';
import { addSession, makeGateway } from './made.js';

/** A line of the file, or of the log. */
export type Line = Record<string, string | number>;

/** Wall clock at which the workers' clock stood at 50 ms before its wrap. */
export const WALL = Date.UTC(2026, 0, 2, 3, 4, 5);
export const START = 0x7fff_ffff - 50;

/** A gateway of two workers without threads, and the record of its events in a folder of its own. */
export class EventBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'windrose-events-'));
  readonly file = join(this.folder, 'events.jsonl');
  readonly made = makeGateway({ workers: 2 });
  /** The workers' clock as main reads it. */
  nowMs = START;
  /** What the log said. */
  readonly said: Line[] = [];
  readonly #opened: EventLog[] = [];

  /** The configuration of the gateway with these settings of events. */
  configWith(events: Partial<EventsConfig>): Config {
    const settings = { file: undefined, ipfix: undefined, sessions: true, destinations: false, ...events };
    return { ...this.made.built.config, events: settings };
  }

  open(events: Partial<EventsConfig>): EventLog {
    const log = pino({ level: 'debug' }, { write: (text: string) => this.said.push(JSON.parse(text) as Line) });
    const clocks = { nowMs: () => this.nowMs | 0, wallMs: () => WALL + ((this.nowMs - START) | 0) };
    const opened = new EventLog(
      { states: this.made.states, index: this.made.index, routers: () => new Map(), log, ...clocks },
      this.configWith(events),
    );
    this.#opened.push(opened);
    return opened;
  }

  lines(path = this.file): Line[] {
    if (!existsSync(path)) return [];
    const text = readFileSync(path, 'utf8');
    assert.ok(text === '' || text.endsWith('\n'), 'the last line is whole');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line);
  }

  /** Sets a worker's clock, in milliseconds after the start. */
  at(ms: number, worker = 0): void {
    this.made.states[worker]!.control[ControlWord.ClockMs] = (START + ms) | 0;
  }

  session(worker: number, inside: string, insidePort: number): { row: number; port: number } {
    const remote = { remote: '100.10.9.9', remotePort: 443 };
    return addSession(this.made, { worker, protocol: 6, inside, insidePort, ...remote, zone: 'rest', external: '100.10.2.2' });
  }

  tell(event: NatEvent, worker: number, row: number): void {
    const { events, sessions } = this.made.states[worker]!;
    eventSession(events, event, sessions.rows, row);
  }

  async close(): Promise<void> {
    for (const log of this.#opened) await log.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
