import type { Draft } from '../draft.js';
import type { Report } from '../issues.js';

/** Event records that lead nowhere, and parts of them that cannot be. */
export function checkEvents({ entries: { events } }: Draft, report: Report): void {
  if (events === undefined) return;
  if (events.ipfix?.collector.port === 0)
    report('error', ['events', 'ipfix', 'collector'], 'has port 0, to which nothing can be sent', 'IPFIX has port 4739.');
  if (events.destinations && !events.sessions)
    report(
      'error',
      ['events', 'destinations'],
      'the remote is part of a session record, and there are none',
      'Write "sessions: true" as well, or remove it.',
    );
  if (events.sessions && events.file === undefined && events.ipfix === undefined)
    report(
      'warning',
      ['events', 'sessions'],
      'neither file nor ipfix says where the records go: none are made',
      'Add "file: /var/log/windrose/events.log" or "ipfix: { collector: ADDRESS:4739 }".',
    );
}
