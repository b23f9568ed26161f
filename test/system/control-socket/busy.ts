import { readdirSync } from 'node:fs';
import { getJson } from '../../../src/cli/controlClient.js';
import type { Bed } from '../support/bed.js';
import { eventually } from '../support/scenario.js';

/** A request may take 5 s, looked at every second; a connection of these tests that waits for a second request as long. */
export const SHOWN_OUT_MS = 8000;

/** Files that a process has open. */
export const files = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** The gateway answers an operator. */
export async function answers(bed: Bed, withinMs: number): Promise<void> {
  const ask = () => getJson(bed.socket, '/v1/show/zones').catch(() => undefined);
  await eventually(ask, Array.isArray, withinMs);
}
