import assert from 'node:assert/strict';
import { loadConfig } from '../../src/config/load.js';
import type { HashKey } from '../../src/tables/hash.js';
import { allocateState, type StateBuffers } from '../../src/tables/state.js';
import { arp, eth, packet, vlan } from './layers.js';

/** Parts of worlds (world.ts) and teams (team.ts). */

export function allocateWorld(
  options: { readonly sessions?: number; readonly neighbors?: number },
  workers: number,
  key: HashKey,
): StateBuffers {
  return allocateState({ workers, sessions: options.sessions ?? 4096, neighbors: options.neighbors ?? 512, addresses: 16 }, key);
}

/** The MAC every test host has: 02:00 and its address. */
export function macOf(address: string): string {
  return `02:00:${address
    .split('.')
    .map((o) => Number(o).toString(16).padStart(2, '0'))
    .join(':')}`;
}

export function arpReply(from: string, to: string, toMac: string, tag?: number, mac = macOf(from)): Uint8Array {
  const body = arp({ op: 2, senderMac: mac, senderIp: from, targetMac: toMac, targetIp: to });
  return packet(eth({ dst: toMac, src: mac }), ...(tag === undefined ? [] : [vlan({ id: tag })]), body);
}

export function configOf(yaml: string): NonNullable<ReturnType<typeof loadConfig>['config']> {
  const { config, issues } = loadConfig(yaml, 'test.yaml');
  assert.ok(config !== undefined, issues.map((issue) => `${issue.line}: ${issue.path} ${issue.message}`).join('\n'));
  return config;
}
