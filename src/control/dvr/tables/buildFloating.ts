import { sharedWords, sharedWordsOf } from '../../../shared/words.js';
import { AddressKind } from '../../../tables/addresses.js';
import { ExitPair, Floating, type Floatings, floatingHash, Untranslated } from '../../../tables/floating.js';
import type { HashKey } from '../../../tables/hash.js';
import { linearInsert, linearSlots } from '../../../tables/linearSlots.js';
import { delta32 } from '../../../wire/checksum.js';
import { type BuiltAddress, connected } from '../../buildAddresses.js';
import type { BuiltRif } from '../../buildRifs.js';
import type { StateIndex } from '../../stateIndex.js';
import type { ExitView, HostView } from '../view/hostView.js';

/** Needs to be no secret: the table holds what the operator wrote. */
const KEY: HashKey = { k0: 0x5eed_0003, k1: 0x5eed_0004 };

/** Floating IPs of this host as the data plane has them. `rifs`: those of exitRifs.ts at least. */
export function buildFloating({ exits }: Pick<HostView, 'exits'>, rifs: readonly BuiltRif[], index: StateIndex): Floatings {
  const numbers = new Map(rifs.map((rif) => [rif.config.name, rif.index]));
  const pairOf = sharedWords(Math.max(-1, ...numbers.values()) + 1);
  const pairs: number[] = [];
  const rows: number[] = [];
  const untranslated: number[] = [];
  for (const exit of exits) {
    const number = index.router('exit', exit.network);
    const rif = numbers.get(exit.rif.name)!;
    const ofRouter = new Map<string, number>();
    for (const { router, routerSide, exitSide, untranslated: prefixes } of exit.pairs) {
      const at = pairs.length;
      const sides = [numbers.get(routerSide.name)!, numbers.get(exitSide.name)!] as const;
      ofRouter.set(router, at);
      for (const side of sides) pairOf[side] = at + 1;
      pairs.push(
        ...padded([index.router('replica', router), number, ...sides, rif, exit.rif.address?.address ?? 0], ExitPair.Words),
      );
      for (const { address, mask } of prefixes) untranslated.push(...padded([at, address & mask, mask], Untranslated.Words));
    }
    for (const { address, fixed, router, own } of exit.floating) {
      const behind = own === undefined ? rif : numbers.get(own.name)!;
      const row = [address, fixed, ofRouter.get(router)!, number, delta32(fixed, address), behind];
      rows.push(...padded(row, Floating.Words));
    }
  }
  const count = rows.length / Floating.Words;
  const slots = linearSlots(count);
  const t: Floatings = {
    ...{ count, rows: sharedWordsOf(rows), byFixed: sharedWords(slots), byAddress: sharedWords(slots) },
    ...{ pairs: sharedWordsOf(pairs), pairOf, untranslated: sharedWordsOf(untranslated), key: KEY },
  };
  for (let i = 0; i < count; i++) {
    const at = i * Floating.Words;
    linearInsert(t.byFixed, floatingHash(KEY, rows[at + Floating.Fixed]!, rows[at + Floating.Pair]!), i);
    linearInsert(t.byAddress, floatingHash(KEY, rows[at + Floating.Address]!, rows[at + Floating.Exit]!), i);
  }
  return t;
}

/** What addresses are to an exit, beside its own: floating IPs, each on the interface it is behind, and the subnets they are of. */
export function floatingAddresses({ rif, subnets, floating }: ExitView, rifs: readonly BuiltRif[]): BuiltAddress[] {
  const numbers = new Map(rifs.map((one) => [one.config.name, one.index]));
  const dev = numbers.get(rif.name)!;
  return [
    ...subnets.flatMap(({ address, mask, length }) => connected(address, mask, length, dev)),
    ...floating.map(({ address, own }) => ({
      ...{ address, length: 32, kind: AddressKind.Floating },
      rif: own === undefined ? dev : numbers.get(own.name)!,
    })),
  ];
}

function padded(row: readonly number[], stride: number): number[] {
  return [...row, ...new Array<number>(stride - row.length).fill(0)];
}
