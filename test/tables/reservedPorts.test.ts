import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/tables/hash.js';
import { isReserved } from '../../src/tables/ownership.js';
import { blocksHeld, PortSpace, portBlocksIn, portBlocksOctets, portsReserve, portsUsed } from '../../src/tables/portBlocks.js';
import { portRelease, portTake } from '../../src/tables/portTake.js';
import { World } from '../support/world.js';

const [LOW, HIGH] = [2000, 2015];
const RESERVED = 2005;
const TCP_ROWS = Int32Array.of(0, 6, RESERVED);
const POOL = PortSpace.Tcp;

function pool() {
  const p = portBlocksIn(new SharedArrayBuffer(portBlocksOctets(1, 1)), 1, 1);
  p.range[POOL * 2] = LOW;
  p.range[POOL * 2 + 1] = HIGH;
  const random = new Random({ k0: 1, k1: 2 });
  const takeAll = (): number[] => {
    const taken: number[] = [];
    for (let port = portTake(p, 0, POOL, random); port >= 0; port = portTake(p, 0, POOL, random)) taken.push(port);
    return taken.sort();
  };
  return { p, takeAll };
}

const all = Array.from({ length: HIGH - LOW + 1 }, (_, i) => LOW + i);
const others = all.filter((port) => port !== RESERVED);

test('PRT-6 a port reserved before its block is claimed is handed out once it is let in again, and the block is given back', () => {
  const { p, takeAll } = pool();
  portsReserve(p, 0, TCP_ROWS, true);
  assert.deepEqual(takeAll(), others);
  portsReserve(p, 0, TCP_ROWS, false);
  assert.deepEqual(takeAll(), [RESERVED]);
  for (const port of all) portRelease(p, 0, POOL, port);
  assert.deepEqual([portsUsed(p, 0, POOL), blocksHeld(p, 0, POOL), p.owner[POOL * 1024 + (LOW >> 6)]], [0, 0, 0]);
});

test('PRT-6 a port that is reserved while a session has it is not handed out again, and its block is given back', () => {
  const { p, takeAll } = pool();
  assert.deepEqual(takeAll(), all);
  portsReserve(p, 0, TCP_ROWS, true);
  for (const port of all.slice(1)) portRelease(p, 0, POOL, port);
  assert.deepEqual(takeAll(), others.slice(1));
  for (const port of others) portRelease(p, 0, POOL, port);
  assert.deepEqual([portsUsed(p, 0, POOL), blocksHeld(p, 0, POOL)], [0, 0]);
  portsReserve(p, 0, TCP_ROWS, false);
  assert.deepEqual(takeAll(), all);
});

test('PRT-6 a reload lets go of no port that stays reserved, not for a moment: another worker may be taking one', (t) => {
  const yaml = (...ports: number[]): string => `
ifaces:
  - { name: lan, tap: t-lan, role: inside, addresses: [10.0.0.1/24] }
  - { name: wan, tap: t-wan, role: outside, addresses: [192.0.2.1/24] }
zones: [{ name: z, match: 10.0.0.0/24, localAddresses: [192.0.2.10] }]
staticMappings: [${ports.map((port) => `{ protocol: tcp, external: "192.0.2.10:${port}", inside: "10.0.0.5:${port}" }`).join()}]
`;
  const w = new World({ yaml: yaml(2222, 3333) });
  const reserved = (...ports: number[]): boolean[] => ports.map((port) => isReserved(w.state.ports, 0, port));
  const letGo = t.mock.method(Atomics, 'and');
  w.reload(yaml(3333, 4444));
  assert.deepEqual(reserved(2222, 3333, 4444), [false, true, true]);
  assert.equal(letGo.mock.callCount(), 1);
  w.reload(yaml());
  assert.deepEqual(reserved(2222, 3333, 4444), [false, false, false]);
});
