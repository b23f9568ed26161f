import type { SessionFilter } from '../pipeline/sessionSweep.js';
import type { ReloadReport } from '../types/reload.js';
import type { Operations } from './controlApi.js';
import type { Gateway } from './gateway.js';
import type { Reloader } from './reload/reloader.js';
import { countSessions } from './show/sessions.js';

/** What an operator may ask a running gateway to do. */
export class GatewayOperations implements Operations {
  constructor(
    private readonly gateway: Gateway,
    private readonly reloader: Reloader,
  ) {}

  reload(dryRun: boolean): Promise<ReloadReport> {
    return this.reloader.reload(dryRun);
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
