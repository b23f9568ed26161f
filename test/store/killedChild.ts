import { writeSync } from 'node:fs';
import { EmbeddedStore } from '../../src/store/embedded.js';

/** Writes one revision after the other, each to two keys, and says which were acknowledged, until it is killed. */
const store = await EmbeddedStore.open(process.argv[2]!, { snapshotEvery: 7, keep: 3 });
for (;;) {
  const next = String((await store.range('')).revision + 1);
  await store.transact({
    puts: [
      { key: 'left', value: next },
      { key: 'right', value: next },
      { key: `own/${Number(next) % 5}`, value: next },
    ],
  });
  writeSync(1, `${next}\n`);
}
