import { showPhysnets } from '../show/netDevices.js';
import type { Shown } from '../show/shown.js';

/** What keeps a next hop behind a router interface from answering: "physical network p: its device eth1 is DOWN"; empty: nothing that is known. */
export function physnetTrouble(shown: Shown, rif: number): string {
  const { built, index } = shown;
  const number = built.rifs.find((one) => one.index === rif)?.network ?? -1;
  const network = built.view.networks.find(({ name }) => index.network(name) === number);
  if (network?.physnet === undefined) return '';
  const row = showPhysnets(shown).find(({ name }) => name === network.physnet);
  if (row === undefined || row.state === 'UP') return '';
  const device = row.device === '' ? 'it has no device in "host.physnets"' : `its device ${row.device} is ${row.state}`;
  return `; physical network ${network.physnet}: ${device}, so nobody answers: set it up, or "windrose drain ${built.view.host}" where another host may have the SNAT service`;
}
