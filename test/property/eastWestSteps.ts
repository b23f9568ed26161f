import fc from 'fast-check';
import { claim, type Draw, network, port, router } from './eastWestDraw.js';
import { type FrameDraw, frame } from './eastWestFrames.js';

/** What happens: a port or somebody on the fabric sends, objects change, time passes. */
export type Step =
  | { readonly kind: 'frame'; readonly frame: FrameDraw }
  | { readonly kind: 'fabric'; readonly frame: FrameDraw; readonly to: number; readonly from: number }
  | { readonly kind: 'change'; readonly change: (d: Draw) => Draw }
  | { readonly kind: 'time'; readonly ms: number };

const replaced = <T>(list: readonly T[], n: number, one: T): T[] => list.map((old, i) => (i === n % list.length ? one : old));
const n = fc.nat(9);
export const change: fc.Arbitrary<Extract<Step, { kind: 'change' }>> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(n, port).map(
        ([k, one]) =>
          (d: Draw): Draw => ({ ...d, ports: replaced(d.ports, k, { ...one, network: d.ports[k % d.ports.length]!.network }) }),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(n, router).map(
        ([k, one]) =>
          (d: Draw): Draw => ({ ...d, routers: replaced(d.routers, k, one) }),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(n, network).map(
        ([k, { flood, strict }]) =>
          (d: Draw): Draw => ({
            ...d,
            networks: replaced(d.networks, k, { ...d.networks[k % d.networks.length]!, flood, strict }),
          }),
      ),
    },
    {
      weight: 1,
      arbitrary: claim.map(
        (one) =>
          (d: Draw): Draw => ({ ...d, claims: [...d.claims, one] }),
      ),
    },
  )
  .map((how) => ({ kind: 'change' as const, change: how }));
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: frame.map((one): Step => ({ kind: 'frame', frame: one })) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('fabric' as const), frame, to: n, from: n }) },
    { weight: 1, arbitrary: change },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(900, 2100, 5000, 30_000) }) },
  ),
  { minLength: 20, maxLength: 60 },
);
