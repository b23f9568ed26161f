import { spawn } from 'node:child_process';

/** Scenarios that take their time from WINDROSE_SOAK_SECONDS (D22). */
const SCENARIOS = ['system/fabric-rules/foreign', 'system/mac-refresh'];

/**
 * Hosts of distributed routers under mixed load for so long: no MAC of a router interface on the fabric (F14), MACs of guests kept by the
 * switch (F61). Resolves to the exit code of the tests.
 */
export async function networks(minutes: number): Promise<number> {
  const env = { ...process.env, WINDROSE_SOAK_SECONDS: String(Math.round(minutes * 60)) };
  const child = spawn(process.execPath, ['scripts/run-tests.mjs', '--once', ...SCENARIOS], { env, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}
