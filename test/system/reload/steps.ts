import assert from 'node:assert/strict';
import { type Outcome, windrose } from '../../cli/program.js';
import { type Bed, SERVER, scenarioFile } from '../support/bed.js';

/** A zone before all others, for the hosts of the bed. */
export const TOP = 'zones:\n  - { name: top, match: 1.1.1.0/24, localAddresses: [1.2.100.9] }\n';

/** Text of the scenario's configuration with replacements; each must be there. */
export function changed(...replacements: readonly (readonly [from: string, to: string])[]): string {
  let text = scenarioFile('reload', 'config.yaml');
  for (const [from, to] of replacements) {
    assert.ok(text.includes(from), from);
    text = text.replace(from, to);
  }
  return text;
}

/** Writes the file anew and lets the gateway take it over. */
export function reloadWith(bed: Bed, text: string, ...args: string[]): Promise<Outcome> {
  bed.writeConfig(text);
  return windrose('reload', '--socket', bed.socket, ...args);
}

/** The same; it must succeed. Returns what the command printed. */
export async function reloaded(bed: Bed, text: string): Promise<string> {
  const { code, stdout, stderr } = await reloadWith(bed, text);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** External addresses that new connections of the client appear from, each once, in order. */
export async function newConnections(bed: Bed, count: number, from?: string): Promise<string[]> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('accepted', { least: 0 });
  for (let i = 0; i < count; i++) {
    const { error } = await inside.ask('connect', {
      to: '1.2.1.4',
      port: 7000,
      payload: 10,
      ...(from === undefined ? {} : { from }),
    });
    assert.equal(error, '');
  }
  const accepted = await outside.ask('accepted', { least: count });
  return [...new Set(accepted.map((one) => one.split(':')[0]!))].sort();
}

/** External addresses of the next new connections of the client, one for each, in order. The server must listen on 7000. */
export async function nextAddresses(bed: Bed, count: number): Promise<string[]> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('accepted', { least: 0 });
  for (let i = 0; i < count; i++) {
    assert.equal((await inside.ask('connect', { to: SERVER, port: 7000, payload: 10 })).error, '');
  }
  return (await outside.ask('accepted', { least: count })).map((one) => one.split(':')[0]!);
}
