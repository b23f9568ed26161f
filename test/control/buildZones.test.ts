import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { buildZones } from '../../src/control/buildZones.js';
import { StateIndex } from '../../src/control/stateIndex.js';
import { allocateState, stateOf } from '../../src/tables/state.js';
import { Mode, Pooling, Reject, Zone } from '../../src/tables/zones.js';
import { sample } from '../config/sample.js';

/** Row of a zone with the given keys. */
function row(keys: string, profile = 'default'): Int32Array {
  const zones = `zones:\n  - { match: 1.1.0.0/16, localAddresses: [1.2.100.1]${keys} }`;
  const { config, issues } = loadConfig(sample({ profile: `profile: ${profile}`, zones }), 'gateway.yaml');
  assert.deepEqual(issues, []);
  const state = allocateState({ workers: 1, sessions: 8, neighbors: 8, addresses: 4, hosts: 16 }, { k0: 1, k1: 2 });
  const index = new StateIndex(stateOf(state, 0).ports);
  return buildZones([config!], index)[0]!.rows;
}

/** Mode bits of TCP, UDP and ICMP. */
const modesOf = (rows: Int32Array) => [0, 8, 16].map((shift) => (rows[Zone.Modes]! >> shift) & 0xff);

test('D19 the modes of a zone without keys', () => {
  const both = Mode.On | Mode.Eim | Mode.Overload | Mode.Adf;
  assert.deepEqual(modesOf(row('')), [Mode.On | Mode.Overload, both, both]);
});

test('D19 profile dsnat is apdm for every protocol and answers by port-unreach', () => {
  const rows = row('', 'dsnat');
  assert.deepEqual(modesOf(rows), Array(3).fill(Mode.On | Mode.Overload));
  assert.deepEqual([rows[Zone.RejectExhausted], rows[Zone.RejectEmpty]], [Reject.PortUnreachable, Reject.PortUnreachable]);
});

test('a protocol that is not named is off, and keeps its other modes for sessions it has', () => {
  const rows = row(', protocols: [udp], mapping: eim, filtering: { tcp: apdf, udp: eif }, overload: { udp: false }');
  assert.deepEqual(modesOf(rows), [Mode.Eim | Mode.Overload, Mode.On | Mode.Eim | Mode.Eif, Mode.Eim | Mode.Overload | Mode.Adf]);
});

test('each pooling has its word', () => {
  const words = ['rr', 'rr-host', 'hash', 'least'].map((word) => row(`, pooling: ${word}`)[Zone.Pooling]);
  assert.deepEqual(words, [Pooling.RoundRobin, Pooling.RoundRobinHost, Pooling.Hash, Pooling.Least]);
});

test('the limits of a host; off is 0', () => {
  const limits = (rows: Int32Array) =>
    [Zone.HostSessions, Zone.HostPorts, Zone.HostHalfOpen, Zone.HostRate, Zone.HostBurst].map((word) => rows[word]);
  assert.deepEqual(limits(row('')), [8192, 4096, 1024, 2000, 4000]);
  assert.deepEqual(limits(row(', hostLimits: { sessions: off, ports: 9, newSessions: 7/s burst 8 }')), [0, 9, 1024, 7, 8]);
  assert.deepEqual(limits(row(', hostLimits: { newSessions: off }')), [8192, 4096, 1024, 0, 0]);
});
