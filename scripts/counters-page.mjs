#!/usr/bin/env node
/** Prints docs/counters.md from the verdicts of the compiled program: node scripts/counters-page.mjs >docs/counters.md */
import { kernelLosses } from '../out/src/control/show/drops.js';
import { verdictSpecs } from '../out/src/shared/verdict.js';
import { table } from './markdown-table.mjs';

const all = Object.values(verdictSpecs);
const sent = all.filter((spec) => spec.look === '');
const dropped = all.filter((spec) => spec.look !== '');

process.stdout.write(`# Counters

What becomes of a frame, and the counter it ends in. Every received frame ends in exactly one of these; one that waits for a
neighbour is \`queued\`, one that another worker must decide about is \`handed_off\`, and both are counted again when they are decided. So the
frames received are these counts, less \`windrose_frames_requeued_total\`, less \`windrose_worker_taken_frames_total\`.

This page is printed from the code by \`node scripts/counters-page.mjs\`.

## Not dropped

Label \`verdict\` of \`windrose_frames_total\`.

${table(
  ['Verdict', 'What became of the frame'],
  sent.map(({ reason, help }) => [`\`${reason}\``, help]),
)}

## Dropped

Label \`reason\` of \`windrose_frames_dropped_total\`, and the word in \`windrose show drops\`.

${table(
  ['Reason', 'What it means', 'Where to look'],
  dropped.map(({ reason, help, look }) => [`\`${reason}\``, help, look]),
)}

## Lost in the kernel

No decision of the gateway, and so no verdict: \`windrose show drops\` lists them behind those above, with \`kernel\` under BY. The first is
\`windrose_iface_kernel_dropped_total\`; the others are \`windrose_iface_transmit_failed_total\` by its label \`cause\`, come on top of the verdict that
the frame had, and are not in the counters of frames sent.

${table(
  ['Reason', 'What it means', 'Where to look'],
  kernelLosses.map(({ reason, help, look }) => [`\`${reason}\``, help, look]),
)}
`);
