import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lacksOf, offloadsOf } from '../../src/control/offloads.js';
import type { OpenedIface } from '../../src/io/addon.js';
import { Verdict, verdictSpec } from '../../src/shared/verdict.js';
import { describeFrame } from '../../src/wire/describe.js';
import { asCaptured } from '../support/asCaptured.js';
import { readBursts, readPcap, writePcap } from '../support/pcap.js';
import { readVirtio } from '../support/virtio.js';
import { World } from '../support/world.js';

/** The sources, not the compiled copy: captures are not compiled. */
const CASES = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'test', 'golden');
/** Writes the outputs instead of comparing them. */
const REGEN = process.env.WINDROSE_REGEN === '1';
/** Fixed, so that hashes and external ports are the same in every run. */
const KEY = { k0: 0x676f_6c64, k1: 0x656e_0001 };

/** What every device takes that is not told otherwise: a TAP of Linux 6.2 or later. */
const KERNEL = { offloadBits: 0x3f, release: '6.2' };

/** Puts a case's captures in, interface by interface; returns what came out by file name. */
function play(folder: string): Map<string, Uint8Array> {
  const w = new World({ yaml: readFileSync(join(folder, 'config.yaml'), 'utf8'), key: KEY });
  for (const [i, config] of w.built.config.ifaces.entries()) {
    const opened = { offloadBits: KERNEL.offloadBits } as OpenedIface;
    w.cx.outlets[i]!.lacks = lacksOf(config, opened, KERNEL.release);
    w.cx.outlets[i]!.coalesces = offloadsOf(config, opened, KERNEL.release).coalesce;
  }
  const out = new Map<string, Uint8Array>();
  for (const name of w.names) {
    const capture = join(folder, `in.${name}.pcap`);
    if (existsSync(capture)) for (const burst of readBursts(readFileSync(capture))) w.send(name, ...burst.map(asCaptured));
  }
  const offloads: Record<string, object[]> = {};
  for (const name of w.names) {
    const frames = [...w.arps(name), ...w.sent(name)];
    out.set(`out.${name}.pcap`, writePcap(frames.map((frame) => frame.octets)));
    const headers = frames.map(({ virtio }) => readVirtio(virtio!));
    if (headers.some(({ needsChecksum }) => needsChecksum)) offloads[`out.${name}.pcap`] = headers;
  }
  if (Object.keys(offloads).length > 0) out.set('offloads.json', asJson(offloads));
  const verdicts: Record<string, number> = {};
  for (let v = 1; v < Verdict.Count; v++) {
    const n = w.state.counters.verdicts[v]!;
    if (n > 0) verdicts[verdictSpec(v).reason] = n;
  }
  out.set('verdicts.json', asJson(verdicts));
  w.check();
  return out;
}

function asJson(value: object): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
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
