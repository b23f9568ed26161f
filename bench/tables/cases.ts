/** What the tables bench measures. */
import { StateIndex } from '../../src/control/stateIndex.js';
import { flowHash, type HashKey, Random } from '../../src/tables/hash.js';
import { type PortBlocks, poolOf, portBlocksIn, portBlocksOctets } from '../../src/tables/portBlocks.js';
import { portRelease, portTake } from '../../src/tables/portTake.js';
import { buildTrie, type TriePrefix, trieLookup } from '../../src/tables/prefixTrie.js';
import { sessionPublish } from '../../src/tables/sessionIndices.js';
import { findOutward } from '../../src/tables/sessionLookup.js';
import { Session, type Sessions, sessionsIn, sessionsOctets, sessionTake } from '../../src/tables/sessions.js';
import { wheelLink, wheelUnlink } from '../../src/tables/timerWheel.js';
import { fibCases } from './fibCases.js';

export interface TableCase {
  readonly name: string;
  /** Does the operation `count` times; returns a number that depends on every result. */
  readonly run: (count: number) => number;
  /** The operation is done so many times less often: it takes longer. */
  readonly fewer?: number;
  /** What has to be there before `run`, outside the measured time. */
  readonly prepare?: (count: number) => void;
}

const KEY: HashKey = { k0: 0x1b873593, k1: 0x2545f491 };
const UDP = 17;
const PORTS = 64_512;

export function tableCases(): TableCase[] {
  return [
    { name: 'hash of a flow', run: hashFlows },
    findCase('find, 1 k sessions', 1024),
    findCase('find, 64 k sessions', 65_536),
    findCase('find, 1 M sessions', 1_048_576),
    wheelCase(),
    portCase('port take + release, 10 %', 10),
    portCase('port take + release, 50 %', 50),
    portCase('port take + release, 95 %', 95),
    trieCase('trie, 16 routes', 16),
    trieCase('trie, 64 k routes', 65_536),
    ...fibCases(),
  ];
}

function hashFlows(count: number): number {
  let h = 0;
  for (let i = 0; i < count; i++) h ^= flowHash(KEY, i, 0x0101_0a64, 0x1234_5678, UDP);
  return h;
}

/** Published rows with made-up tuples, all different. */
function sessionsWith(count: number): Sessions {
  const t = sessionsIn(new SharedArrayBuffer(sessionsOctets(count)), count, KEY);
  for (let i = 0; i < count; i++) {
    const row = sessionTake(t, 0);
    t.rows[row + Session.InsideAddress] = i;
    t.rows[row + Session.RemoteAddress] = 0x0101_0a64;
    t.rows[row + Session.OutwardPorts] = 0x0035_1000;
    t.rows[row + Session.InwardPorts] = i;
    t.rows[row + Session.Meta] = UDP;
    sessionPublish(t, row);
  }
  return t;
}

/** Hash included: the look-up as a frame needs it, one after the other, misses not overlapped. */
function findCase(name: string, sessions: number): TableCase {
  const t = sessionsWith(sessions);
  const random = new Random(KEY);
  const order = Int32Array.from({ length: 1 << 16 }, () => ((random.next() >>> 0) % sessions) * Session.Words);
  return {
    name,
    run: (count) => {
      let found = 0;
      for (let i = 0; i < count; i++) {
        // A different part of the table in each turn of the order, so that 1 M sessions do not shrink to 64 k.
        const row = (order[i & 0xffff]! + (i >> 16) * 0x9e30) & (sessions * Session.Words - 1) & ~15;
        const hash = flowHash(KEY, row >> 4, 0x0101_0a64, 0x0035_1000, UDP);
        found = (found + findOutward(t, hash, row >> 4, 0x0101_0a64, 0x0035_1000, UDP)) | 0;
      }
      return found;
    },
  };
}

function wheelCase(): TableCase {
  const t = sessionsWith(65_536);
  const random = new Random(KEY);
  for (let i = 0; i < 65_536; i++) wheelLink(t, i * Session.Words, 0, (random.next() >>> 0) % 3000);
  return {
    name: 'wheel unlink + link, 64 k',
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const row = (Math.imul(i, 0x9e3779b1) >>> 16) * Session.Words;
        wheelUnlink(t, row);
        wheelLink(t, row, i, 3000);
        sum ^= t.rows[row + Session.WheelPrevious]!;
      }
      return sum;
    },
  };
}

/** Releases a random one of the ports in use and takes another, at a steady use of one address. */
function portCase(name: string, percent: number): TableCase {
  const p: PortBlocks = portBlocksIn(new SharedArrayBuffer(portBlocksOctets(1, 1)), 1, 1);
  new StateIndex(p).address(0x0101_0a64, 1024, 65_535);
  const random = new Random(KEY);
  const pool = poolOf(p, UDP, 0);
  const used = Int32Array.from({ length: Math.floor((PORTS * percent) / 100) }, () => portTake(p, 0, pool, random));
  return {
    name,
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const at = Math.imul(i, 0x9e3779b1) >>> 0;
        const which = at % used.length;
        portRelease(p, 0, pool, used[which]!);
        const port = portTake(p, 0, pool, random);
        used[which] = port;
        sum = (sum + port) | 0;
      }
      return sum;
    },
  };
}

/** Routes of mixed length, random destinations. */
function trieCase(name: string, routes: number): TableCase {
  const random = new Random(KEY);
  const prefixes: TriePrefix[] = [{ address: 0, length: 0, value: 0 }];
  for (let i = 1; i < routes; i++) {
    const bits = 8 + (i % 17);
    prefixes.push({ address: masked(random.next(), bits), length: bits, value: i });
  }
  prefixes.sort((a, b) => a.length - b.length);
  const trie = buildTrie(prefixes);
  return {
    name,
    run: (count) => {
      let sum = 0;
      for (let i = 0; i < count; i++) sum = (sum + trieLookup(trie, Math.imul(i, 0x9e3779b1))) | 0;
      return sum;
    },
  };
}

/** The first `bits` bits of an address as loaded: whole octets from the low end, then the high bits of the next. */
function masked(address: number, bits: number): number {
  let mask = 0;
  for (let octet = 0; octet < 4; octet++) {
    const left = Math.min(8, Math.max(0, bits - octet * 8));
    mask |= ((0xff << (8 - left)) & 0xff) << (octet * 8);
  }
  return address & mask;
}
