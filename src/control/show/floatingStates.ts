import type { FloatingIpRow } from '../../types/showObjects.js';
import { hostStates } from './hosts.js';
import { showObjects, withAll } from './objects.js';
import type { Shown } from './shown.js';

/** Rows of `show floating-ips`: what the objects say of each, unless its host is not there. */
export async function showFloatingIps(shown: Pick<Shown, 'objects' | 'life'>): Promise<FloatingIpRow[]> {
  const [all, states] = await Promise.all([withAll(shown), hostStates(shown)]);
  return showObjects['floating-ips'](all).map((row) => {
    const state = states.get(row.host);
    const isServed = row.status === 'active' || row.status === 'forwards';
    const isAway = state === 'silent' || state === 'stopped' || state === 'never';
    return isServed && isAway ? { ...row, status: state } : row;
  });
}
