import type { ShowRows } from '../../src/types/show.js';
import type { PortUse } from '../../src/types/showNat.js';
import type { RouteRow, RuleRow } from '../../src/types/showRouting.js';
import { objectRows } from './objectRows.js';

/** As many sessions as ports in use, but one that is held when there are more than one, and one that is shared. */
const portUse = (used: number, capacity: number): PortUse => ({
  used,
  held: used > 1 ? 1 : 0,
  free: capacity - used,
  capacity,
  sessions: used,
  shared: used > 1 ? 1 : 0,
});

/** One row of each noun, as the gateway answers. */
const route = {
  ...{ type: 'unicast', to: 'default', tos: '', nexthops: [], table: 'main', proto: 'boot', scope: 'global', src: '' },
  ...{ metric: 0, realm: '', mtu: 0, mtuLocked: false },
} satisfies RouteRow;

const rule = {
  ...{ priority: 5, not: false, from: 'all', to: '', tos: '', dscp: '', fwmark: '', iif: '', iifDetached: false, oif: '' },
  ...{ oifDetached: false, uidrange: '', ipproto: '', sport: '', dport: '', tunId: '', table: 'main', realms: '', mapTo: '' },
  ...{ suppressPrefixlength: null, suppressIfgroup: '', action: 'lookup', goto: null, unresolved: false, proto: '' },
} satisfies RuleRow;

export const rows: { [N in keyof ShowRows]: ShowRows[N][] } = {
  ifaces: [
    {
      name: 'lan',
      kind: 'tap',
      device: 'wr-lan',
      netns: '',
      mac: '02:00:00:00:00:01',
      mtu: 1500,
      role: 'inside',
      addresses: ['1.1.100.1/16'],
      vlan: 0,
      state: 'UP',
      steeredBy: 'kernel',
      exclusive: false,
      promiscuous: false,
      accepts: [],
      ringSlots: 0,
      offloads: { rx: ['csum', 'tso', 'uso'], tx: ['csum'], coalesce: false },
      rxFrames: 12,
      rxOctets: 3400,
      txFrames: 5,
      txOctets: 600,
      rxDropped: 1,
      txDropped: 0,
    },
  ],
  neighbors: [{ address: '1.2.1.254', mac: '', dev: 'wan', state: 'INCOMPLETE', ageSeconds: 75, queued: 3 }],
  routes: [
    { ...route, nexthops: [{ via: '1.2.1.254', dev: 'wan', weight: 1, onlink: false }] },
    { ...route, type: 'blackhole', to: '10.9.0.0/16', proto: 'static', nexthops: [] },
  ],
  rules: [{ ...rule, iif: 'lan', iifDetached: true, tos: '0x10' }],
  probes: [
    {
      ...{ address: '1.2.1.254', dev: 'wan', state: 'UP', rttMs: 0, answerSeconds: 0.5, lost: 0, sent: 10, answers: 9 },
      ...{ intervalMs: 1500, fails: 3, recovers: 2 },
    },
    {
      ...{ address: '1.2.1.253', dev: 'wan', state: 'UNKNOWN', rttMs: null, answerSeconds: null, lost: 1, sent: 1, answers: 0 },
      ...{ intervalMs: 1000, fails: 3, recovers: 2 },
    },
  ],
  zones: [
    {
      order: 1,
      name: 'tenants',
      match: ['1.1.0.0/16'],
      state: 'active',
      leaving: [],
      localAddresses: [
        {
          address: '1.2.100.1',
          sessions: 2,
          portsUsed: 2,
          portsHeld: 0,
          portsCapacity: 194560,
          ports: { tcp: portUse(1, 64512), udp: portUse(1, 64512), icmp: portUse(0, 65536) },
        },
      ],
      sessions: 2,
      refused: 7,
      nat: {
        pooling: 'rr-host',
        tcp: { mapping: 'apdm', filtering: 'apdf', overload: true },
        udp: { mapping: 'eim', filtering: 'adf', overload: false },
      },
    },
  ],
  pools: [
    {
      address: '1.2.100.2',
      zone: 'tenants',
      state: 'draining',
      drainingSeconds: 75,
      sessions: 3,
      portsUsed: 3,
      portsHeld: 1,
      portsCapacity: 300,
      ports: { tcp: portUse(99, 100), udp: portUse(1, 5000), icmp: portUse(0, 0) },
    },
  ],
  config: [
    {
      generation: 3,
      configFile: '/etc/gw.yaml',
      takenOverAt: '2026-01-02T03:04:05.000Z',
      yaml: 'name: gw1\n',
      config: { name: 'gw1' },
    },
  ],
  sessions: [
    {
      protocol: 'tcp',
      state: 'ESTABLISHED',
      inside: '1.1.1.2:4000',
      external: '1.2.100.1:2000',
      remote: '9.9.9.9:80',
      zone: 'tenants',
      router: '',
      filtering: 'adf',
      mapped: true,
      overlapped: false,
      static: false,
      idleSeconds: 0.4,
      expiresSeconds: 7439.6,
    },
  ],
  workers: [
    {
      id: 0,
      state: 'running',
      heartbeatAgeMs: 4,
      busyRatio: 0.125,
      polledRatio: 0.0625,
      spinMicros: 64,
      cpu: 3,
      sessions: 17,
      rxFrames: 500,
      handedOver: 30,
      taken: 40,
      handoffFull: 5,
      ringOctets: 262_144,
      ringRatio: 0.25,
      turns: 99,
      generation: 1,
      restarts: 0,
    },
  ],
  drops: [
    { reason: 'no_zone', count: 4, by: 'gateway', help: 'Source address is in no zone.', look: 'zones' },
    { reason: 'never', count: 0, by: 'gateway', help: 'Nothing.', look: 'nowhere' },
    { reason: 'receive_queue', count: 7, by: 'kernel', help: 'Never read.', look: 'RX-DROPPED' },
  ],
  'inside-hosts': [
    {
      host: '1.1.1.2',
      zone: 'tenants',
      router: '',
      sessions: 12,
      ports: { tcp: 7, udp: 2, icmp: 0 },
      halfOpen: 3,
      newSessionsLeft: 3990,
      address: '1.2.100.1',
      limits: { sessions: 8192, ports: 4096, halfOpen: null, newPerSecond: 2000 },
    },
  ],
  mappings: [
    {
      protocol: 'udp',
      inside: '1.1.1.2:4000',
      external: '1.2.100.1:2000',
      zone: 'tenants',
      router: '',
      filtering: 'adf',
      sessions: 3,
    },
  ],
  statics: [
    { name: 'mail', protocol: 'any', external: '1.2.100.50', inside: '1.1.1.50', sessions: 4, router: '' },
    { name: '', protocol: 'tcp', external: '1.2.100.20:443', inside: '1.1.1.60:8443', sessions: 0, router: '' },
  ],
  top: [
    {
      by: 'ports',
      rank: 1,
      host: '1.1.1.2',
      router: '',
      ports: 90,
      newSessions: 25,
      newPerSecond: 2.5,
      windowSeconds: 10,
      missedAtMost: 0,
    },
  ],
  ...objectRows,
};
