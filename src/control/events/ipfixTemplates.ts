import type { BlockRecord, EventRecord, GapRecord, MappingRecord, RefusalRecord, ThresholdRecord } from './record.js';
import { Quota, Threshold } from './record.js';

/**
 * The IPFIX templates of NAT events (RFC 8158, elements of the IANA registry). A template id never changes its meaning: over UDP a
 * collector may still hold the one of before (RFC 7011 8.4).
 */
export interface Field<R> {
  /** Information Element of the IANA registry. */
  readonly element: number;
  /** In the record; VARIABLE: a length octet and UTF-8 (RFC 7011 7). */
  readonly octets: number;
  /** `number`: unsigned, network byte order. `address`: a WireIpv4. */
  readonly as: 'number' | 'address' | 'text';
  readonly value: (record: R) => number | string;
}

export interface Template<R = never> {
  readonly id: number;
  /** The first so many fields are the scope; 0: a template of data, else of options. */
  readonly scope: number;
  readonly fields: readonly Field<R>[];
}

/** Field length that stands for "variable" in a template (RFC 7011 3.2). */
export const VARIABLE = 0xffff;

/** The name of a zone by the number that records have. */
export interface ZoneName {
  readonly zoneId: number;
  readonly zone: string;
}

const number = <R>(element: number, octets: number, value: (record: R) => number): Field<R> => ({
  element,
  octets,
  as: 'number',
  value,
});
const address = <R>(element: number, value: (record: R) => number): Field<R> => ({ element, octets: 4, as: 'address', value });

interface Timed {
  readonly timeMs: number;
  readonly natEvent: number;
}

/** observationTimeMilliseconds, natEvent: first in each record of an event. */
const timed = <R extends Timed>(): Field<R>[] => [
  number(323, 8, ({ timeMs }) => timeMs),
  number(230, 1, ({ natEvent }) => natEvent),
];
const protocol = <R extends { readonly protocol: number }>(): Field<R> => number(4, 1, (record) => record.protocol);
/** natPoolID: the zone's number. Its name comes with the options template. */
const pool = <R extends { readonly zoneId: number }>(): Field<R> => number(283, 4, ({ zoneId }) => Math.max(0, zoneId));
/** natInstanceID: the worker. */
const instance = <R extends { readonly worker: number }>(): Field<R> => number(463, 4, ({ worker }) => worker);
/** droppedPacketDeltaCount: packets refused since the record before. */
const refused = number<RefusalRecord>(133, 8, (record) => record.refused);
/** sourceIPv4Address. */
const inside = <R extends { readonly inside: number }>(): Field<R> => address(8, (record) => record.inside);

const mapping: readonly Field<MappingRecord>[] = [
  ...timed<MappingRecord>(),
  protocol(),
  inside(),
  address(225, ({ external }) => external),
  number(7, 2, ({ insidePort }) => insidePort),
  number(227, 2, ({ externalPort }) => externalPort),
  pool(),
  instance(),
];

/** Of a router's SNAT service: ingressVRFID is its number. Tenants may have the same addresses. */
const ofRouter = number<MappingRecord>(234, 4, ({ routerId }) => routerId);
const destination: readonly Field<MappingRecord>[] = [
  address(12, ({ remote }) => remote!),
  number(11, 2, ({ remotePort }) => remotePort),
];

/** A quota with the element that says how much it is. */
const quota = (id: number, limit: number, ...more: readonly Field<RefusalRecord>[]): Template<RefusalRecord> => ({
  id,
  scope: 0,
  fields: [
    ...timed<RefusalRecord>(),
    number(466, 4, (record) => record.quota),
    number(limit, 4, (record) => record.limit ?? 0),
    pool(),
    refused,
    ...more,
  ],
});

export const templates = {
  mapping: { id: 256, scope: 0, fields: mapping },
  session: { id: 257, scope: 0, fields: [...mapping, ...destination] },
  block: {
    id: 258,
    scope: 0,
    fields: [
      ...timed<BlockRecord>(),
      protocol(),
      address(225, ({ external }) => external ?? 0),
      number(361, 2, ({ firstPort }) => firstPort),
      number(362, 2, ({ lastPort }) => lastPort),
      instance(),
    ],
  },
  addressesExhausted: { id: 259, scope: 0, fields: [...timed<RefusalRecord>(), pool(), refused] },
  portsExhausted: { id: 260, scope: 0, fields: [...timed<RefusalRecord>(), protocol(), pool(), refused] },
  sessionQuota: quota(261, 471),
  bindingQuota: quota(262, 472),
  hostQuota: quota(263, 473, inside()),
  hostsQuota: quota(264, 474),
  fragmentQuota: quota(265, 475),
  portThreshold: {
    id: 266,
    scope: 0,
    fields: [
      ...timed<ThresholdRecord>(),
      number(467, 4, ({ threshold }) => threshold),
      protocol(),
      pool(),
      number(478, 4, ({ capacity, percent }) => Math.ceil((capacity * percent) / 100)),
    ],
  },
  sessionThreshold: {
    id: 267,
    scope: 0,
    fields: [
      ...timed<ThresholdRecord>(),
      number(467, 4, ({ threshold }) => threshold),
      number(481, 4, ({ capacity, percent }) => Math.ceil((capacity * percent) / 100)),
    ],
  },
  /** natPoolID -> natPoolName. */
  zoneName: {
    id: 268,
    scope: 1,
    fields: [pool(), { element: 284, octets: VARIABLE, as: 'text', value: ({ zone }) => zone }],
  },
  /** Records that are missing: what RFC 7011 4.3 reports of an Exporting Process, as far as it is known. */
  gap: {
    id: 269,
    scope: 1,
    fields: [
      number(144, 4, () => process.pid),
      number(166, 8, ({ lost }) => lost),
      number(152, 8, ({ sinceMs }) => sinceMs),
      number(153, 8, ({ timeMs }) => timeMs),
    ],
  },
  routerMapping: { id: 270, scope: 0, fields: [...mapping, ofRouter] },
  routerSession: { id: 271, scope: 0, fields: [...mapping, ...destination, ofRouter] },
} as const satisfies {
  mapping: Template<MappingRecord>;
  session: Template<MappingRecord>;
  block: Template<BlockRecord>;
  addressesExhausted: Template<RefusalRecord>;
  portsExhausted: Template<RefusalRecord>;
  sessionQuota: Template<RefusalRecord>;
  bindingQuota: Template<RefusalRecord>;
  hostQuota: Template<RefusalRecord>;
  hostsQuota: Template<RefusalRecord>;
  fragmentQuota: Template<RefusalRecord>;
  portThreshold: Template<ThresholdRecord>;
  sessionThreshold: Template<ThresholdRecord>;
  zoneName: Template<ZoneName>;
  gap: Template<GapRecord>;
  routerMapping: Template<MappingRecord>;
  routerSession: Template<MappingRecord>;
};

const quotas: Readonly<Record<Quota, Template<RefusalRecord>>> = {
  [Quota.None]: templates.portsExhausted,
  [Quota.Sessions]: templates.sessionQuota,
  [Quota.Bindings]: templates.bindingQuota,
  [Quota.PerHost]: templates.hostQuota,
  [Quota.Hosts]: templates.hostsQuota,
  [Quota.Fragments]: templates.fragmentQuota,
};

/** natEvent of a zone without addresses. */
const ADDRESSES_EXHAUSTED = 3;

/** The template of a record. Its fields take this record. */
export function templateOf(record: EventRecord): Template {
  switch (record.kind) {
    case 'mapping':
      if (record.remote === undefined) return record.routerId === 0 ? templates.mapping : templates.routerMapping;
      return record.routerId === 0 ? templates.session : templates.routerSession;
    case 'block':
      return templates.block;
    case 'refusal':
      return record.natEvent === ADDRESSES_EXHAUSTED ? templates.addressesExhausted : quotas[record.quota];
    case 'threshold':
      return record.threshold === Threshold.Ports ? templates.portThreshold : templates.sessionThreshold;
    case 'gap':
      return templates.gap;
  }
}
