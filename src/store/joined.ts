import type { SnatOfRif } from '../objects/gatewayRecords.js';
import type { GatewayObject, RifObject, RouterObject } from '../objects/model.js';

/** Objects whose parts have keys of their own. Those that have no such part stay the same ones. */

export function withGateways(
  routers: readonly RouterObject[],
  parts: readonly { readonly router: string; readonly gateways: readonly GatewayObject[] }[],
): RouterObject[] {
  const byRouter = new Map(parts.map(({ router, gateways }) => [router, gateways]));
  return routers.map((router) => {
    const gateways = byRouter.get(router.name);
    return gateways === undefined ? router : { ...router, gateways };
  });
}

export function withSnat(rifs: readonly RifObject[], parts: readonly SnatOfRif[]): RifObject[] {
  const byRif = new Map(parts.map(({ router, subnet, snat }) => [`${router}/${subnet}`, snat]));
  return rifs.map((rif) => {
    const snat = byRif.get(`${rif.router}/${rif.subnet}`);
    return snat === undefined ? rif : { ...rif, snat };
  });
}
