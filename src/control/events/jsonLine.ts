import { formatIpv4 } from '../../types/ipv4.js';
import { type EventRecord, eventName, quotaNames, recordedProtocol } from './record.js';

/**
 * A record as one line of JSON with its line end (docs/events.md). Written out by hand: it runs for every session, and the order
 * of the keys is part of the format. Only names of zones and routers could need escapes.
 */
export function jsonLine(record: EventRecord): string {
  const head = `{"time":"${new Date(record.timeMs).toISOString()}","event":"${eventName(record)}"`;
  switch (record.kind) {
    case 'mapping': {
      const inside = `"inside":"${formatIpv4(record.inside)}","insidePort":${record.insidePort}`;
      const external = `"external":"${formatIpv4(record.external)}","externalPort":${record.externalPort}`;
      const remote =
        record.remote === undefined ? '' : `,"remote":"${formatIpv4(record.remote)}","remotePort":${record.remotePort}`;
      const protocol = `"protocol":"${recordedProtocol(record.protocol)}"`;
      return `${head},"natEvent":${record.natEvent},${protocol},${inside},${external}${remote}${zone(record.zone)}${router(record.router)},"worker":${record.worker}}\n`;
    }
    case 'block': {
      const external = record.external === undefined ? 'null' : `"${formatIpv4(record.external)}"`;
      const ports = `"firstPort":${record.firstPort},"lastPort":${record.lastPort}`;
      const protocol = `"protocol":"${recordedProtocol(record.protocol)}"`;
      return `${head},"natEvent":${record.natEvent},${protocol},"external":${external},${ports},"worker":${record.worker}}\n`;
    }
    case 'refusal': {
      const quota = record.quota === 0 ? '' : `,"quota":"${quotaNames[record.quota]}"`;
      const limit = record.limit === undefined ? '' : `,"limit":${record.limit}`;
      const last = `"protocol":"${recordedProtocol(record.protocol)}","inside":"${formatIpv4(record.inside)}"`;
      const many = `"refused":${record.refused},"seconds":${record.seconds}`;
      return `${head},"natEvent":${record.natEvent}${quota}${limit}${zone(record.zone)},${many},${last}}\n`;
    }
    case 'threshold': {
      const what = record.protocol === 0 ? '"of":"sessions"' : `"of":"ports","protocol":"${recordedProtocol(record.protocol)}"`;
      const share = `"percent":${record.percent},"used":${record.used},"capacity":${record.capacity}`;
      return `${head},"natEvent":${record.natEvent},${what}${zone(record.zone)},${share}}\n`;
    }
    case 'gap': {
      const worker = record.worker === undefined ? '' : `,"worker":${record.worker}`;
      const since = new Date(record.sinceMs).toISOString();
      return `${head},"since":"${since}","reason":"${record.reason}","lost":${record.lost}${worker}}\n`;
    }
  }
}

function router(name: string | undefined): string {
  return name === undefined ? '' : `,"router":${JSON.stringify(name)}`;
}

function zone(name: string | undefined): string {
  return name === undefined ? '' : `,"zone":${JSON.stringify(name)}`;
}
