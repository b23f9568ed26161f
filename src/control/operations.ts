import type { SessionFilter } from '../pipeline/sessionSweep.js';
import type { ActivateReport } from '../types/activate.js';
import type { ObjectTools } from '../types/apply.js';
import type { ReloadReport } from '../types/reload.js';
import { activateIn } from './activateApi.js';
import type { Operations } from './controlApi.js';
import type { Gateway } from './gateway.js';
import { gatewayObjects } from './gatewayObjects.js';
import type { Reloader } from './reload/reloader.js';
import { countSessions } from './show/sessions.js';

/** What an operator may ask a running gateway to do. */
export class GatewayOperations implements Operations {
  readonly objects: ObjectTools;

  constructor(
    private readonly gateway: Gateway,
    private readonly reloader: Reloader,
  ) {
    this.objects = gatewayObjects(gateway);
  }

  reload(dryRun: boolean): Promise<ReloadReport> {
    return this.reloader.reload(dryRun);
  }

  async activate(port: string): Promise<ActivateReport> {
    const { host: side, log } = this.gateway;
    const report = await activateIn(side?.book, port);
    const { host, from } = report;
    if (from !== '') log.info({ port, host, from }, 'port activated on request');
    return report;
  }

  count(filter: SessionFilter): Promise<number> {
    return countSessions(this.gateway, filter);
  }

  async purge(filter: SessionFilter): Promise<number> {
    const ended = await this.gateway.supervisor.purge(filter);
    this.gateway.log.info({ sessions: ended }, 'sessions purged on request');
    return ended;
  }
}
