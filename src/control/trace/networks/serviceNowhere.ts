import { Verdict } from '../../../shared/verdict.js';
import { whyNowhere } from '../../dvr/placement/whyNowhere.js';
import { awayState, storeAwaySeconds } from '../../show/hostStates.js';
import type { Scene, Stage } from '../scene.js';
import type { WayTold } from '../wayTold.js';
import { networkName } from './whereabouts.js';

/** Why a packet that a replica redirects finds no SNAT service (dvr.md 2.5, 5.3); nothing of any other packet. */
export function* serviceNowhere({ shown, last }: Scene, way: WayTold): Generator<Stage> {
  const objects = shown.objects?.objects;
  if (last.verdict !== Verdict.DropSnatNowhere || objects === undefined) return;
  const { network = -1 } = shown.built.rifs.find(({ index }) => index === way.rif) ?? {};
  const subnets = objects.subnets.filter((subnet) => subnet.network === networkName(shown, network)).map(({ name }) => name);
  const rif = objects.rifs.find(({ subnet, snat }) => snat?.address === way.hop && subnets.includes(subnet));
  const router = objects.routers.find(({ name }) => name === rif?.router);
  if (router === undefined) return;
  const why = whyNowhere(objects, router, (host) => awayState(shown, host), storeAwaySeconds(shown));
  yield { step: 'service', found: `no host has the SNAT service of ${router.name}: ${why}`, decides: [] };
}
