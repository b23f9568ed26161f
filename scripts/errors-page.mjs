#!/usr/bin/env node
/** Prints docs/errors.md from the catalogue of the compiled program: node scripts/errors-page.mjs >docs/errors.md */
import { catalog } from '../out/src/errors/catalog.js';

const codes = Object.keys(catalog).sort();

/** The sentence with WHAT for the object and DETAIL for what the system said. */
function entry(code) {
  const { says, remedy } = catalog[code];
  return `## ${code}\n\n\`\`\`\nwindrose: ${says('WHAT', 'DETAIL')}\n\`\`\`\n\n${remedy}`;
}

process.stdout.write(`# Errors

What the program says when something outside of packets goes wrong: \`windrose: SENTENCE REMEDY\` on standard error, exit code 1.
\`WHAT\` stands for the object, \`DETAIL\` for what the system said. \`WINDROSE_DEBUG=1\` adds the stack trace. Faults in the configuration are not here: they name their place in the file
([configuration.md](configuration.md)); what becomes of packets is in [counters.md](counters.md).

This page is printed from the code by \`node scripts/errors-page.mjs\`.

${codes.map(entry).join('\n\n')}
`);
