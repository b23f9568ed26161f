import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Verdict, verdictSpec } from '../../src/shared/verdict.js';
import { describeFrame } from '../../src/wire/describe.js';
import { readPcap, writePcap } from '../support/pcap.js';
import { World } from '../support/world.js';

/** The sources, not the compiled copy: captures are not compiled. */
const CASES = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'test', 'golden');
/** Writes the outputs instead of comparing them. */
const REGEN = process.env.WINDROSE_REGEN === '1';
/** Fixed, so that hashes and external ports are the same in every run. */
const KEY = { k0: 0x676f_6c64, k1: 0x656e_0001 };

/** Puts a case's captures in, interface by interface; returns what came out by file name. */
function play(folder: string): Map<string, Uint8Array> {
  const w = new World({ yaml: readFileSync(join(folder, 'config.yaml'), 'utf8'), key: KEY });
  const out = new Map<string, Uint8Array>();
  for (const name of w.names) {
    const capture = join(folder, `in.${name}.pcap`);
    if (existsSync(capture)) for (const frame of readPcap(readFileSync(capture))) w.send(name, frame);
  }
  for (const name of w.names)
    out.set(`out.${name}.pcap`, writePcap([...w.arps(name), ...w.sent(name)].map((frame) => frame.octets)));
  const verdicts: Record<string, number> = {};
  for (let v = 1; v < Verdict.Count; v++) {
    const n = w.state.counters.verdicts[v]!;
    if (n > 0) verdicts[verdictSpec(v).reason] = n;
  }
  out.set('verdicts.json', new TextEncoder().encode(`${JSON.stringify(verdicts, null, 2)}\n`));
  w.check();
  return out;
}

function printed(name: string, octets: Uint8Array): string {
  if (!name.endsWith('.pcap')) return new TextDecoder().decode(octets);
  return readPcap(octets)
    .map((frame) => `${describeFrame(frame)}\n  ${Buffer.from(frame).toString('hex')}`)
    .join('\n');
}

const folders = readdirSync(CASES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
for (const { name } of folders) {
  test(`golden ${name}`, () => {
    const folder = join(CASES, name);
    for (const [file, octets] of play(folder)) {
      const path = join(folder, file);
      if (REGEN) writeFileSync(path, octets);
      else assert.equal(printed(file, octets), printed(file, readFileSync(path)), file);
    }
  });
}
