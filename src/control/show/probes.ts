import { ControlWord } from '../../shared/control.js';
import { formatIpv4 } from '../../types/ipv4.js';
import type { ProbeRow } from '../../types/showRouting.js';
import { probeFacts } from '../probeState.js';
import type { Shown } from './shown.js';

const TICK_SECONDS = 0.1;

/** Probed next hops in the order of the configuration. */
export function showProbes({ built, states }: Pick<Shown, 'built' | 'states'>): ProbeRow[] {
  const { control, probes: rows } = states[0]!;
  const now = Atomics.load(control, ControlWord.ClockTick);
  return built.probes.map((probe): ProbeRow => {
    const { dead, lost, sent, answers, rttMs, sinceAnswer } = probeFacts(rows, probe, now);
    const { address, dev, interval, fails, recovers } = probe.config;
    return {
      address: formatIpv4(address),
      dev,
      state: dead ? 'DEAD' : answers === 0 ? 'UNKNOWN' : 'UP',
      rttMs: rttMs ?? null,
      answerSeconds: sinceAnswer === undefined ? null : Math.round(sinceAnswer * TICK_SECONDS * 10) / 10,
      lost,
      sent,
      answers,
      intervalMs: interval,
      fails,
      recovers,
    };
  });
}
