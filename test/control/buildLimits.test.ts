import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { Limit, Midstream, Timeout } from '../../src/tables/snapshot.js';
import { sample } from '../config/sample.js';
import { build } from './buildSample.js';

function snapshot(changed: Readonly<Record<string, string>> = {}) {
  const { config, issues } = loadConfig(sample(changed), 'gateway.yaml');
  assert.deepEqual(issues, []);
  return build(config!).snapshot;
}

const NAT_TIMEOUTS = [
  Timeout.TcpHalfClosed,
  Timeout.TcpReset,
  Timeout.PortHold,
  Timeout.Fragment,
  Timeout.UnsolicitedSyn,
  Timeout.UdpShort,
  Timeout.Other,
];

test('timers become ticks of 100 ms; what is off is 0', () => {
  const ticks = (changed?: Readonly<Record<string, string>>) => NAT_TIMEOUTS.map((slot) => snapshot(changed).timeouts[slot]);
  assert.deepEqual(ticks(), [74400, 2400, 1200, 150, 60, 0, 6000]);
  assert.deepEqual(ticks({ profile: 'profile: dsnat' }), [1200, 100, 0, 150, 60, 0, 6000]);
  assert.deepEqual(
    ticks({ timers: 'timers: { portHold: off, udpShort: 30s, fragment: 101ms, other: 61 }' }),
    [74400, 2400, 0, 2, 60, 300, 610],
  );
  assert.deepEqual(ticks({ timers: 'timers: { allowShort: true, scale: 0.0001, udpShort: 30s }' }), [8, 1, 1, 1, 1, 1, 1]);
});

const NAT_LIMITS = [
  Limit.HeldPorts,
  Limit.FragmentDatagrams,
  Limit.FragmentKib,
  Limit.FragmentsPerDatagram,
  Limit.Midstream,
  Limit.Mss,
  Limit.ResetOnExpiry,
  Limit.AnswerUnsolicited,
  Limit.AnswerEcho,
];

test('limits and switches of TCP, ICMP and fragments', () => {
  const words = (changed?: Readonly<Record<string, string>>) => NAT_LIMITS.map((slot) => snapshot(changed).limits[slot]);
  assert.deepEqual(words(), [65536, 4096, 16384, 64, Midstream.Drop, 0, 0, 0, 0]);
  assert.deepEqual(
    words({
      limits: 'limits: { heldPorts: 7, fragments: { datagrams: 8, memory: 65KiB, perDatagram: 9 } }',
      tcp: 'tcp: { midstream: reset, mss: 1400, resetOnExpiry: true, answerUnsolicited: true }',
      icmp: 'icmp: { answerEchoToLocalAddresses: true }',
    }),
    [7, 8, 65, 9, Midstream.Reset, 1400, 1, 1, 1],
  );
  assert.deepEqual(words({ tcp: 'tcp: { midstream: adopt, mss: pmtu }' }).slice(4, 6), [Midstream.Adopt, -1]);
});
