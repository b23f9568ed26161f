import { WindroseError } from '../errors/catalog.js';
import type { SessionFilter } from '../pipeline/sessionSweep.js';
import type { ActivateReport } from '../types/activate.js';
import type { ApplyReport } from '../types/apply.js';
import type { ReloadReport } from '../types/reload.js';
import { activateIn } from './activateApi.js';
import { noHost } from './applyApi.js';
import type { Operations } from './controlApi.js';
import type { Gateway } from './gateway.js';
import { inLog } from './reload/inLog.js';
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

  readonly apply = async (text: string, file: string, dryRun: boolean): Promise<ApplyReport> => {
    const { host, log } = this.gateway;
    if (host === undefined) return noHost(file, dryRun);
    let report: ApplyReport;
    try {
      report = await host.book.applyText(text, file, dryRun);
    } catch (error) {
      if (!(error instanceof WindroseError)) throw error;
      const refused = [`${error.message} ${error.remedy}`];
      return { ok: false, dryRun, file, issues: [], changes: [], refused, revision: host.book.now.revision };
    }
    if (report.ok && !dryRun && report.changes.length > 0)
      log.info({ file, revision: report.revision, changes: inLog(report.changes) }, 'objects applied on request');
    return report;
  };

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
