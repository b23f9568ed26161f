import { ANY_NETWORK, HOST_MACS, L2, L2Kind } from '../../tables/l2.js';
import { macOfWords } from '../../tables/macWords.js';
import { formatIpv4 } from '../../types/ipv4.js';
import { formatMac } from '../../types/mac.js';
import type { FdbRow } from '../../types/showObjects.js';
import { namesOf } from '../stateIndex.js';
import type { Shown } from './shown.js';

/** What an entry may lead to: its kind in a listing. */
const KINDS: Readonly<Record<number, FdbRow['kind']>> = {
  [L2Kind.Port]: 'port',
  [L2Kind.Remote]: 'remote',
  [L2Kind.Wire]: 'physnet',
  [L2Kind.Rif]: 'router',
};

/**
 * Who has which MAC, as the workers look it up (dvr.md 3.4, P3): read from the table itself, by network and MAC. None in a gateway that
 * is no host of distributed routers.
 */
export function showFdb({ built, index, objects }: Pick<Shown, 'built' | 'index' | 'objects'>): FdbRow[] {
  if (objects === undefined) return [];
  const { slots } = built.snapshot.switching.l2;
  const networks = namesOf(index.networkNames());
  const ports = namesOf(index.lportNames());
  const rifs = namesOf(index.rifNames());
  const physnets = new Map(objects.view.networks.map(({ name, physnet }) => [name, physnet]));
  const rows: FdbRow[] = [];
  for (let at = 0; at < slots.length; at += L2.Words) {
    const number = slots[at + L2.Network]! - 1;
    if (number < 0 || number === ANY_NETWORK || number === HOST_MACS) continue;
    const where = slots[at + L2.Where]!;
    const to = where & 0xff_ffff;
    const kind = KINDS[where >>> 24]!;
    const network = networks.get(number)!;
    const vtep = kind === 'remote' ? objects.view.vteps[to]! : undefined;
    const names = { port: ports.get(to)!, remote: vtep?.host ?? '', physnet: physnets.get(network) ?? '', router: rifs.get(to)! };
    rows.push({
      ...{ network, mac: formatMac(macOfWords(slots[at + L2.MacA]!, slots[at + L2.MacB]!)), kind, to: names[kind] },
      vtep: vtep === undefined ? '' : formatIpv4(vtep.address),
    });
  }
  return rows.sort((a, b) => compare(a.network, b.network) || compare(a.mac, b.mac));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
