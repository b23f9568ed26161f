import { Verdict } from '../../../shared/verdict.js';
import { AddressKind } from '../../../tables/addresses.js';
import {
  ExitPair,
  Floating,
  floatingOfAddress,
  floatingOfFixed,
  pairOfUntranslated,
  passesAsIs,
} from '../../../tables/floating.js';
import { METADATA_ADDRESS } from '../../../tables/metadata.js';
import { Rif, RifFlag } from '../../../tables/rifs.js';
import type { LportView } from '../../dvr/view/hostView.js';
import { kindOf, type Scene, type Stage, text } from '../scene.js';
import { addresses, decision, FOR_ITSELF, packetStage, routing, ttl, wayOut } from '../stages.js';
import { tellWay, type WayTold } from '../wayTold.js';
import { asRouter } from './asRouter.js';
import { metadataStage } from './metadataStage.js';
import type { RouterEntry } from './routerEntries.js';
import { serviceNowhere } from './serviceNowhere.js';
import { isService, routerText } from './whereabouts.js';

/**
 * What a router of this host looks at, in its order: a replica (resolve/routeReplica.ts), a SNAT service, or an exit
 * (resolve/floatingIn.ts). `scene` is the router's; `port`: the one the frame came from, if it came from one.
 */
export function* routerStages(scene: Scene, entry: RouterEntry, port: LportView | undefined, isFirst: boolean): Generator<Stage> {
  const { rif, router } = entry;
  const own = rif.config.addresses[0];
  const address = own === undefined ? '' : ` (${text(own.address)}/${own.length})`;
  yield { step: 'router', found: `${routerText(router)}, by ${rif.config.name}${address}`, decides: [] };
  // It came as the step of that name says.
  if (!isFirst) yield packetStage(scene.packet);
  if (isService(rif)) yield* isKept(scene) ? kept(scene) : decision(scene);
  else if (((rif.flags ?? 0) & RifFlag.Exit) !== 0) yield* floatingIn(scene, entry);
  else yield* replica(scene, port);
}

/** True for a packet that a gateway with enable_snat=false routes as it is (resolve/untranslated.ts): it has no session and no static mapping. */
function isKept({ shown, packet, entry, found, last, rehearsal }: Scene): boolean {
  const { rows } = shown.built.snapshot.rifs;
  const keeps = (rif: number): boolean => rif >= 0 && (rows[rif * Rif.Words + Rif.Flags]! & RifFlag.Untranslated) !== 0;
  if (found !== undefined || last.session !== undefined || ((rehearsal.out ?? rehearsal.back)?.fixed ?? -1) >= 0) return false;
  if (last.verdict === Verdict.EchoAnswered || FOR_ITSELF.includes(last.verdict)) return false;
  return keeps(entry.inside ? tellWay({ shown, packet }, { ...packet, rif: entry.rif }).rif : entry.rif);
}

function* kept(scene: Scene): Generator<Stage> {
  const { packet, entry } = scene;
  yield* addresses(scene);
  const way = tellWay(scene, { ...packet, rif: entry.rif });
  yield* routing(way);
  if (way.rif < 0) return;
  yield ttl(packet);
  yield { step: 'nat', found: 'none: the gateway leaves addresses as they are (enableSnat: false)', decides: [] };
  yield* wayOut(scene, way);
}

function* replica(scene: Scene, port: LportView | undefined): Generator<Stage> {
  const { packet, shown } = scene;
  if (packet.destination === METADATA_ADDRESS) yield metadataStage(scene, port);
  yield* addresses(scene);
  const kind = kindOf(scene, packet.destination);
  const to = text(packet.destination);
  if (kind === AddressKind.Local) yield { step: 'to', found: `${to} is the router itself`, decides: FOR_ITSELF };
  if (kind === AddressKind.Broadcast)
    yield { step: 'to', found: `${to} is the network or broadcast address of a subnet`, decides: [Verdict.DropBroadcast] };
  const way = tellWay(scene, { ...packet, rif: scene.entry.rif });
  yield* routing(way);
  if (way.rif < 0) return;
  yield ttl(packet);
  const { rows } = shown.built.snapshot.rifs;
  if ((rows[way.rif * Rif.Words + Rif.Flags]! & RifFlag.Exit) !== 0) {
    yield* floatingOut(scene, way);
    return;
  }
  yield* serviceNowhere(scene, way);
  yield* wayOut(scene, way);
}

/** By the exit of this host (resolve/floatingOut.ts). */
function* floatingOut(scene: Scene, way: WayTold): Generator<Stage> {
  const { packet, shown } = scene;
  const t = shown.built.snapshot.switching.floating;
  const pair = t.pairOf[way.rif]! - 1;
  const row = pair < 0 ? -1 : floatingOfFixed(t, pair, packet.source);
  const asIs = row < 0 && pair >= 0 && passesAsIs(t, pair, packet.source);
  const from = text(packet.source);
  const rule = /^(\d+):.* lookup (\S+)/.exec(way.steps.at(-1)?.rule ?? '');
  const by = rule === null ? '' : `, by rule ${rule[1]} table ${rule[2]}`;
  const source = row < 0 ? packet.source : t.rows[row + Floating.Address]!;
  const what = asIs
    ? `none: ${from} is of the address scope of the external network and leaves as it is${by}`
    : row < 0
      ? `${from} has no floating address on this host`
      : `floating address ${text(source)} for ${from}${by}`;
  yield { step: 'floating', found: what, decides: [Verdict.DropNotFloating] };
  if (row < 0 && !asIs) return;
  const exit = t.pairs[pair + ExitPair.Exit]!;
  const back = floatingOfAddress(t, exit, packet.destination);
  if (back >= 0) {
    const fixed = t.rows[back + Floating.Fixed]!;
    const found = `${text(packet.destination)} is the floating address of ${text(fixed)} on this host: turns back here, both addresses change`;
    yield { step: 'hairpin', found, decides: [] };
    yield* inside(scene, t.rows[back + Floating.Pair]!, source, fixed, false);
    return;
  }
  const on = atRouter(scene, exit);
  if (on === undefined) return;
  const out = tellWay(on.scene, { ...packet, source, rif: t.pairs[pair + ExitPair.ExitSide]! });
  yield { step: 'exit', found: on.text, decides: [] };
  yield* routing(out);
  if (out.rif < 0) return;
  const beyond = t.pairOf[out.rif]! - 1;
  if (beyond < 0) {
    yield* wayOut(on.scene, out);
    return;
  }
  const of = atRouter(scene, t.pairs[beyond + ExitPair.Router]!)?.text ?? '';
  const scoped = `${text(packet.destination)} is of the address scope of the external network, ${of}: turns back here`;
  yield { step: 'hairpin', found: scoped, decides: [] };
  yield* inside(scene, beyond, source, packet.destination, false);
}

/** To a floating IP of this host, from its external network. */
function* floatingIn(scene: Scene, { router }: RouterEntry): Generator<Stage> {
  const { packet, shown } = scene;
  const t = shown.built.snapshot.switching.floating;
  yield* addresses(scene);
  const to = text(packet.destination);
  const row = floatingOfAddress(t, router.number, packet.destination);
  if (row < 0 && kindOf(scene, packet.destination) === AddressKind.Local)
    yield { step: 'to', found: `${to} is the exit itself`, decides: FOR_ITSELF };
  const pair = row < 0 ? pairOfUntranslated(t, router.number, packet.destination) : t.rows[row + Floating.Pair]!;
  const of = pair < 0 ? undefined : atRouter(scene, t.pairs[pair + ExitPair.Router]!);
  const fixed = row < 0 ? packet.destination : t.rows[row + Floating.Fixed]!;
  const found =
    of === undefined
      ? `${to} is no floating address of this host`
      : row < 0
        ? `none: ${to} is of the address scope of the external network, ${of.text}`
        : `floating address ${to} is ${text(fixed)}, ${of.text}`;
  yield { step: 'floating', found, decides: [Verdict.DropFipNotHere] };
  if (of === undefined) return;
  yield* inside(scene, pair, packet.source, fixed, true);
}

/** To a fixed address by the router of a pair, as if it came in by the router's side of it. `takesTtl`: no router has yet. */
function* inside(scene: Scene, pair: number, source: number, fixed: number, takesTtl: boolean): Generator<Stage> {
  const { pairs } = scene.shown.built.snapshot.switching.floating;
  const of = atRouter(scene, pairs[pair + ExitPair.Router]!);
  if (of === undefined) return;
  const way = tellWay(of.scene, { ...scene.packet, source, destination: fixed, rif: pairs[pair + ExitPair.RouterSide]! });
  yield* routing(way);
  if (way.rif < 0) return;
  if (takesTtl) yield ttl(scene.packet);
  yield* wayOut(of.scene, way);
}

/** The same packet, looked at from another router of this host. */
function atRouter(scene: Scene, number: number): { readonly scene: Scene; readonly text: string } | undefined {
  const router = scene.shown.built.routers.find((one) => one.number === number);
  return router && { scene: { ...scene, shown: asRouter(scene.shown, router) }, text: routerText(router) };
}
