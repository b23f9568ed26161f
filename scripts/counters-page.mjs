#!/usr/bin/env node
/** Prints docs/counters.md from the verdicts of the compiled program: node scripts/counters-page.mjs >docs/counters.md */
import { verdictSpecs } from '../out/src/shared/verdict.js';

const all = Object.values(verdictSpecs);
const row = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
const counted = all.filter((spec) => spec.look === '').map(({ reason, help }) => row([`\`${reason}\``, help]));
const dropped = all.filter((spec) => spec.look !== '').map(({ reason, help, look }) => row([`\`${reason}\``, help, look]));

process.stdout.write(`# Counters

What becomes of a frame, and the counter it ends in. Every received frame ends in exactly one of these; one that waits for a
neighbour is \`queued\` and counted again when it is decided. This page is printed from the code by \`node scripts/counters-page.mjs\`.

## Not dropped

Label \`verdict\` of \`windrose_frames_total\`.

${row(['Verdict', 'What became of the frame'])}|---|---|
${counted.join('')}
## Dropped

Label \`reason\` of \`windrose_frames_dropped_total\`, and the word in \`windrose show drops\`.

${row(['Reason', 'What it means', 'Where to look'])}|---|---|---|
${dropped.join('')}`);
