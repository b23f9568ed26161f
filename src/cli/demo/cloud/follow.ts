import { Exit } from '../../fail.js';
import { print } from '../../print.js';
import { cleanUp, cleanUpAtTheEnd } from '../cleanUp.js';
import { judge } from './judge.js';
import type { Observers } from './observe.js';
import type { Walk } from './walk.js';
import { walkText } from './walkText.js';

/** Goes along every walk, and prints each hop with its judgement. Number of hops that are wrong. */
export async function follow(observers: Observers, walks: readonly Walk[]): Promise<number> {
  let wrong = 0;
  for (const walk of walks) {
    const { id, title, from, to } = walk;
    const [request, reply] = judge(walk, await observers.ping(walk));
    print(`\n${id}  ${from.name} > ${to}, ${title}\n\n${walkText(request)}\n${walkText(reply)}`);
    wrong += [...request, ...reply].filter(({ instead }) => instead !== undefined).length;
  }
  return wrong;
}

/**
 * A demo from its introduction to its last line. `scene` gives the number of hops that were wrong, of which the exit code tells.
 * What was made is gone when it returns, and also after a signal.
 */
export async function play(introduction: string, scene: () => Promise<number>): Promise<Exit> {
  cleanUpAtTheEnd();
  print(introduction);
  let wrong: number;
  try {
    wrong = await scene();
  } finally {
    cleanUp();
  }
  print(wrong === 0 ? '\nEvery hop is as it has to be.\n' : `\n${wrong} ${wrong === 1 ? 'hop is' : 'hops are'} WRONG.\n`);
  return wrong === 0 ? Exit.Done : Exit.Failed;
}
