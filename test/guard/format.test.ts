import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, filesBelow } from './sources.js';

/**
 * Code that runs for every frame allocates nothing: this looks for the constructs that would, in the text. The measured proof
 * is allocation.test.ts; this one names the line.
 */
const HOT = [
  ...filesBelow('src/wire'),
  ...filesBelow('src/tables'),
  ...filesBelow('src/pipeline'),
  ...filesBelow('src/resolve'),
  ...filesBelow('src/switching'),
  ...filesBelow('src/routing'),
  'src/worker/turn.ts',
];

const FORBIDDEN: readonly [string, RegExp][] = [
  ['object literal', /(?:=|return|\(|,|\?|:)\s*\{\s*(?:[\w$]+\s*[:,}]|\.\.\.|\})/],
  ['array literal', /(?:=|return|\(|,|\?)\s*\[/],
  ['spread', /\.\.\.\w/],
  ['closure', /=>/],
  ['template string', /`/],
  ['for..of or for..in', /\bfor\s*\([^;)]*\b(?:of|in)\b/],
  ['try', /\btry\s*\{/],
  ['Map or Set', /\bnew\s+(?:Weak)?(?:Map|Set)\b/],
  ['BigInt', /\bBigInt\b|\b\d+n\b/],
  ['async', /\b(?:async|await|yield)\b/],
  ['new', /\bnew\s/],
];

/** Whole files that never run for a frame. */
const COLD_FILES: Readonly<Record<string, string>> = {
  'src/wire/describe.ts': 'makes text for people',
  'src/wire/vectorLoops.ts': 'makes a module once',
  'src/tables/state.ts': 'allocates the state once',
};
/** Functions (by the line that begins them) that run when tables are made, not for frames; and tables of constants. */
const COLD_PLACES: Readonly<Record<string, readonly RegExp[]>> = {
  'src/wire/memory.ts': [/makeArena/, /vectorsRefused/, /frameMemoryIn/, /function loopsOver/],
  'src/wire/plainLoops.ts': [/plainLoops\(/],
  'src/tables/neighbors.ts': [/neighborStateNames/, /neighborsIn\(/],
  'src/tables/sessions.ts': [/sessionsIn\(/],
  'src/tables/portBlocks.ts': [/portBlocksIn\(/],
  'src/tables/elsewhere.ts': [/sessionsHeadIn\(/],
  'src/tables/eventRing.ts': [/eventRingIn\(/],
  'src/tables/claimNotes.ts': [/claimNotesIn\(/],
  'src/tables/hosts.ts': [/hostsIn\(/],
  'src/tables/fullRemotes.ts': [/#entries = new/],
  'src/tables/handoffRing.ts': [/handoffOctets\(/, /handoffIn\(/],
  'src/tables/prefixTrie.ts': [/buildTrie\(/],
  'src/tables/hash.ts': [/constructor\(/],
  'src/tables/datagrams.ts': [/datagramsMake\(/],
  'src/tables/fragmentHosts.ts': [/hostsMake\(/],
  'src/tables/fragmentIds.ts': [/#next = new/],
  'src/tables/heldFrames.ts': [/heldFramesMake\(/],
  'src/pipeline/fragmentStore.ts': [/ids = new/],
  'src/pipeline/tcpState.ts': [/sessionStateNames/],
  'src/pipeline/context.ts': [/^export class PipelineContext/],
  'src/pipeline/outlet.ts': [/^export class Outlet/],
  'src/pipeline/tunnelList.ts': [/^export class TunnelList/],
  'src/pipeline/burst.ts': [/^export class Burst/],
  'src/pipeline/listed.ts': [/slots = new/],
  'src/pipeline/expiring.ts': [/words = new/],
  'src/pipeline/knownPaths.ts': [/macs = new/, /entries = new/, /flows = new/],
  'src/pipeline/heldSyns.ts': [/words = new/, /#hashes = new/],
  'src/pipeline/pending.ts': [/#entries = new/],
  'src/pipeline/plainRows.ts': [/^export const plainRows = new/],
  'src/pipeline/neighborTick.ts': [/^const probeMac = new/],
  'src/pipeline/neighborRefresh.ts': [/^const mac = new/],
  'src/routing/fibLookup.ts': [/^const candidates = new/],
  // Sweeps are asked for by the operator.
  'src/worker/turn.ts': [
    /^ {2}constructor\(/,
    /watched = new/,
    /#sweep = new/,
    /#sweeps:/,
    /^ {2}purge\(/,
    /^ {2}retime\(/,
    /^ {2}endContradicted\(/,
  ],
};

/** Numbers of the lines of the block that begins at `start`: up to where its braces balance, at least that line. */
function block(lines: readonly string[], start: number): number {
  let depth = 0;
  let seen = false;
  for (let i = start; i < lines.length; i++) {
    for (const c of lines[i]!) {
      if (c === '{') {
        depth++;
        seen = true;
      } else if (c === '}') depth--;
    }
    if (depth <= 0 && (seen || /;\s*$/.test(lines[i]!))) return i;
  }
  return lines.length - 1;
}

/** Imports, type declarations and enums: they are gone after compilation. */
const DECLARATION = /^(?:import\b|export\s+(?:const\s+enum|interface|type)\b|const\s+enum\b|interface\b|type\b)/;

function faultsOf(file: string): string[] {
  const lines = codeOf(file).split('\n');
  const cold = COLD_PLACES[file] ?? [];
  const used = new Set<RegExp>();
  const faults: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (DECLARATION.test(line)) {
      i = block(lines, i);
      continue;
    }
    const place = cold.find((pattern) => pattern.test(line) && !/^\s/.test(line)) ?? cold.find((pattern) => pattern.test(line));
    if (place !== undefined) {
      used.add(place);
      i = block(lines, i);
      continue;
    }
    for (const [what, pattern] of FORBIDDEN) if (pattern.test(line)) faults.push(`${file}:${i + 1}: ${what}: ${line.trim()}`);
  }
  for (const pattern of cold) if (!used.has(pattern)) faults.push(`${file}: the exception ${pattern} is not needed`);
  return faults;
}

test('hot folders hold no construct that allocates or hides a loop', () => {
  assert.deepEqual(HOT.filter((file) => COLD_FILES[file] === undefined).flatMap(faultsOf), []);
});
