import assert from 'node:assert/strict';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { filesBelow, type Import, importsOf, ROOT } from './sources.js';

/**
 * Who may import whom: layers, lowest first. `types` holds no run-time state and `shared` what several threads see; the data
 * plane (wire, tables, routing, pipeline, resolve, io, worker) never reaches up to configuration, control, metrics or command line.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  types: [],
  shared: [],
  errors: ['types'],
  wire: ['shared'],
  tables: ['shared'],
  routing: ['wire', 'shared', 'tables'],
  pipeline: ['wire', 'shared', 'tables', 'resolve', 'routing', 'switching'],
  switching: ['wire', 'shared', 'tables', 'resolve', 'pipeline'],
  resolve: ['wire', 'shared', 'tables', 'pipeline', 'routing'],
  io: ['wire', 'shared', 'tables', 'pipeline'],
  worker: ['wire', 'shared', 'tables', 'pipeline', 'switching', 'io'],
  config: ['types', 'errors'],
  objects: ['types', 'errors', 'config'],
  store: ['types', 'errors', 'objects'],
  control: [
    'types',
    'errors',
    'shared',
    'tables',
    'config',
    'objects',
    'store',
    'worker',
    'io',
    'wire',
    'pipeline',
    'switching',
    'resolve',
    'routing',
    'metrics',
  ],
  metrics: ['types', 'errors', 'shared', 'tables', 'config', 'control'],
  cli: ['types', 'errors', 'shared', 'config', 'objects', 'control', 'wire'],
  'main.ts': ['cli'],
};

/** Single files a folder may use of another, where the folder as a whole would be too much. */
const ONLY: Readonly<Record<string, readonly RegExp[]>> = {
  // Where the slow path begins, here or on request of another worker, and what the gateway says of its own accord when a time is
  // over. Nothing else in pipeline/ knows it exists.
  'pipeline > resolve': [
    /^src\/pipeline\/(forward|decide)\.ts > src\/resolve\/(resolve|continueSession|reversePath)\.ts$/,
    /^src\/pipeline\/handedIn\.ts > src\/resolve\/admitPeer\.ts$/,
    // Whether a fragment crosses the border, whether a sender is on the segment, and what segments fit the way back, is a matter of routes.
    /^src\/pipeline\/(fragments|arpInput|mssClamp)\.ts > src\/resolve\/way\.ts$/,
    /^src\/pipeline\/expire\.ts > src\/resolve\/(sessionReset|unsolicitedSyn)\.ts$/,
    /^src\/pipeline\/probeTick\.ts > src\/resolve\/sendProbe\.ts$/,
  ],
  // Where frames of networks begin; how they leave a router is put into the context.
  'pipeline > switching': [
    /^src\/pipeline\/forward\.ts > src\/switching\/switchBurst\.ts$/,
    /^src\/pipeline\/handedIn\.ts > src\/switching\/replica\.ts$/,
  ],
  'switching > resolve': [
    /> src\/resolve\/(routeReplica|floatingIn)\.ts$/,
    /^src\/switching\/metadata\.ts > src\/resolve\/answerByReset\.ts$/,
  ],
  'wire > shared': [/> src\/shared\/verdict\.ts$/],
  // Devices say which frames they did not take.
  'io > pipeline': [/> src\/pipeline\/(context|listed|outlet|tunnelList)\.ts$/],
  'control > pipeline': [
    /> src\/pipeline\/(tcpState|sessionSweep)\.ts$/,
    // A trace rehearses a packet in the pipeline itself, on copies.
    /^src\/control\/trace\/(rehearse|rehearsalFrames|staging)\.ts > src\/pipeline\/(context|forward|neighborLearn|outlet)\.ts$/,
    /^src\/control\/trace\/networks\/(leftFrames|rehearseNetwork|witness)\.ts > src\/pipeline\/(context|forward|outlet|tunnelList)\.ts$/,
    /^src\/control\/trace\/privateState\.ts > src\/pipeline\/(context|sessionState)\.ts$/,
    /^src\/control\/trace\/(portOutlook|rehearsalFrames|wayOutOffloads)\.ts > src\/pipeline\/context\.ts$/,
    /^src\/control\/trace\/wayOutOffloads\.ts > src\/pipeline\/outlet\.ts$/,
  ],
  // Frames of a rehearsal leave routers of networks as any do.
  'control > switching': [/^src\/control\/trace\/networks\/witness\.ts > src\/switching\/fromRouter\.ts$/],
  // And asks the search for a port, which takes nothing while it looks, where it would end in the live tables.
  'control > resolve': [
    /^src\/control\/trace\/portOutlook\.ts > src\/resolve\/(choice|firstAddress|portWalk|sharePort)\.ts$/,
    /^src\/control\/trace\/(prospects|translation)\.ts > src\/resolve\/portWalk\.ts$/,
  ],
  // Programs for the kernel read frames as the pipeline does.
  'control > wire': [
    /> src\/wire\/memory\.ts$/,
    /^src\/control\/(capture|trace)\//,
    // What a floating IP makes of a checksum.
    /^src\/control\/dvr\/tables\/buildFloating\.ts > src\/wire\/checksum\.ts$/,
    /^src\/control\/steering\/.* > src\/wire\/(ethernet|ipv4)\.ts$/,
  ],
  // Main writes the tries that workers read.
  'control > routing': [
    /> src\/routing\/routeTrie\.ts$/,
    // And asks as workers do, for who wants to know.
    /^src\/control\/(routing\/(considered|routeGet|takePath)|trace\/wayTold)\.ts > src\/routing\/(fibLookup|rulesMatch|multipath)\.ts$/,
  ],
  'control > metrics': [/> src\/metrics\/server\.ts$/],
  'control > io': [/> src\/io\/(addon|tunnelCalls)\.ts$/],
  'control > worker': [/> src\/worker\/(protocol|compilerFlags)\.ts$/],
  'cli > wire': [/> src\/wire\/describe\.ts$/],
};

/** One folder (or file) per outside package. */
const DOORS: Readonly<Record<string, RegExp>> = {
  commander: /^src\/cli\//,
  yaml: /^src\/config\//,
  zod: /^src\/(config|objects)\//,
  'prom-client': /^src\/metrics\//,
  pino: /^src\/control\//,
  etcd3: /^src\/store\/etcd/,
  cockatiel: /^src\/store\/etcdClient\.ts$/,
};
/** The data plane takes from Node what a worker thread is made of, and nothing else. */
const NODE_IN_DATA_PLANE: readonly RegExp[] = [
  /^src\/worker\/(main|adopt)\.ts > node:worker_threads$/,
  /^src\/worker\/compilerFlags\.ts > node:v8$/,
  /^src\/io\/addon\.ts > node:module$/,
];
const DATA_PLANE = /^src\/(types|shared|wire|tables|routing|pipeline|resolve|io|worker)\//;

const files = filesBelow('src');
const imports = files.flatMap(importsOf);
const folder = (path: string): string => path.split('/')[1]!;

function target(i: Import): string {
  return relative(ROOT, join(ROOT, dirname(i.from), i.specifier)).replace(/\.js$/, '.ts');
}

test('imports point in the allowed direction', () => {
  const faults: string[] = [];
  for (const i of imports.filter((one) => one.specifier.startsWith('.'))) {
    const [from, to] = [folder(i.from), folder(target(i))];
    if (from === to) continue;
    const arrow = `${i.from} > ${target(i)}`;
    const only = ONLY[`${from} > ${to}`];
    if (!(ALLOWED[from] ?? []).includes(to)) faults.push(`${i.from}:${i.line}: ${from}/ may not import ${to}/`);
    else if (only !== undefined && !only.some((pattern) => pattern.test(arrow)))
      faults.push(`${i.from}:${i.line}: ${arrow} is not on the list`);
  }
  assert.deepEqual(faults, []);
});

test('outside packages come in by one door each; the data plane uses no package and almost nothing of Node', () => {
  const faults: string[] = [];
  for (const i of imports.filter((one) => !one.specifier.startsWith('.'))) {
    const arrow = `${i.from} > ${i.specifier}`;
    const name = i.specifier.split('/')[0]!;
    const allowed = i.specifier.startsWith('node:')
      ? !DATA_PLANE.test(i.from) || NODE_IN_DATA_PLANE.some((pattern) => pattern.test(arrow))
      : DOORS[name]?.test(i.from) === true;
    if (!allowed) faults.push(`${i.from}:${i.line}: ${arrow}`);
  }
  assert.deepEqual(faults, []);
});

test('every import names a file with its .js ending, and the file exists', () => {
  const known = new Set(files);
  const faults = imports
    .filter((i) => i.specifier.startsWith('.') && !(i.specifier.endsWith('.js') && known.has(target(i))))
    .map((i) => `${i.from}:${i.line}: ${i.specifier}`);
  assert.deepEqual(faults, []);
});

test('no cycles among files at run time', () => {
  const edges = new Map<string, string[]>();
  for (const i of imports) {
    if (i.typeOnly || !i.specifier.startsWith('.')) continue;
    edges.set(i.from, [...(edges.get(i.from) ?? []), target(i)]);
  }
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const at = path.indexOf(file);
    if (at >= 0) assert.fail(`cycle: ${[...path.slice(at), file].join(' > ')}`);
    if (done.has(file)) return;
    for (const next of edges.get(file) ?? []) walk(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) walk(file, []);
});

test('no barrels and no folders of leftovers', () => {
  const faults = files.filter((file) => /\/(index|utils?|helpers?|common|manager)\.ts$|\/(utils?|helpers?|common)\//.test(file));
  assert.deepEqual(faults, []);
});
