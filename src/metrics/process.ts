import { readdirSync } from 'node:fs';
import type { Registry } from 'prom-client';
import { packageVersion } from '../control/packageVersion.js';
import { pulledCounter, pulledGauge } from './pulled.js';

/**
 * The process, under the names every Prometheus client uses. prom-client's own collection names three gauges like counters,
 * which promtool refuses (D29).
 */
export function registerProcess(registry: Registry): void {
  const startSeconds = Math.round(Date.now() - process.uptime() * 1000) / 1000;
  pulledCounter(registry, {
    name: 'process_cpu_seconds_total',
    help: 'Processor time of all threads, user and system.',
    samples: () => {
      const { user, system } = process.cpuUsage();
      return [[{}, (user + system) / 1e6]];
    },
  });
  pulledGauge(registry, {
    name: 'process_resident_memory_bytes',
    help: 'Resident memory.',
    samples: () => [[{}, process.memoryUsage.rss()]],
  });
  pulledGauge(registry, {
    name: 'process_open_fds',
    help: 'Open file descriptors.',
    samples: () => openDescriptors().map((count) => [{}, count] as const),
  });
  pulledGauge(registry, {
    name: 'process_start_time_seconds',
    help: 'Start of the process since the epoch.',
    samples: () => [[{}, startSeconds]],
  });
  const build = { version: packageVersion(), node: process.versions.node };
  pulledGauge(registry, {
    name: 'windrose_build_info',
    help: 'Always 1; version of the gateway and of its Node.',
    labels: ['version', 'node'],
    samples: () => [[build, 1]],
  });
}

/** One number, without the descriptor the listing itself needs; nothing where there is no /proc. */
function openDescriptors(): number[] {
  try {
    return [readdirSync('/proc/self/fd').length - 1];
  } catch {
    return [];
  }
}
