import assert from 'node:assert/strict';
import { type Bed, client, SERVER, server } from '../support/bed.js';
import { scenario } from '../support/scenario.js';

const links = [{ ...client, addresses: ['1.1.1.1/16', '1.1.2.1/16', '10.9.0.1/24'] }, server];
const sources = ['1.1.1.1', '1.1.2.1', '10.9.0.1'];

/** External address each source appears from. */
async function externals(bed: Bed): Promise<string[]> {
  const [inside, outside] = [await bed.peer('client'), await bed.peer('server')];
  await outside.ask('serveTcp', { port: 7000 });
  for (const from of sources) {
    const result = await inside.ask('connect', { to: SERVER, port: 7000, from, payload: 10 });
    assert.equal(result.error, '', `connect from ${from}`);
  }
  return (await outside.ask('accepted', { least: sources.length })).map((from) => from.split(':')[0]!);
}

scenario(
  'Z02 the first zone in the list that covers a source decides',
  { folder: 'zone-order', links, workers: [1, 2] },
  async (bed) => {
    assert.deepEqual(await externals(bed), ['1.2.100.1', '1.2.100.2', '1.2.100.3']);
  },
);

scenario(
  'Z02 the default zone in the first place takes every source, whatever the prefix lengths',
  { folder: 'zone-order', links, config: 'default-first.yaml', workers: [1, 2] },
  async (bed) => {
    assert.deepEqual(await externals(bed), ['1.2.100.3', '1.2.100.3', '1.2.100.3']);
  },
);
