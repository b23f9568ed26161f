import type { RouteGetRequest } from '../../types/routeGet.js';
import type { Built } from '../buildSnapshot.js';
import type { RouteGetSource } from './fibText.js';

/** Whose rules and routes a request is about: those of the distributed router that an interface it names belongs to, else the gateway's. */
export function routeGetSource(built: Built, { iif, oif }: Pick<RouteGetRequest, 'iif' | 'oif'>): RouteGetSource {
  const { snapshot, config } = built;
  const router = built.routers.find(({ rifs }) => rifs.some((rif) => rif.config.name === iif || rif.config.name === oif));
  if (router === undefined) return built;
  const { view, rifs, number } = router;
  return {
    config: { ...config, rules: view.rules, routes: view.routes },
    rifs,
    snapshot: { fib: snapshot.routers.fibs[number]! },
  };
}
