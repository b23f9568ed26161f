import { WindroseError } from '../errors/catalog.js';
import type { KindKey } from '../objects/kindNames.js';
import type { ApplyReport, ObjectsAnswer, ObjectTools } from '../types/apply.js';
import { noHost } from './applyApi.js';
import type { ObjectBook } from './dvr/mirror/objectBook.js';
import type { Gateway } from './gateway.js';
import { inLog } from './reload/inLog.js';

const OWN_STORES = 'the other hosts have stores of their own: do it there too';

/** What operators do to objects through a gateway that runs. What refuses is a report, and what was changed is logged. */
export function gatewayObjects(gateway: Pick<Gateway, 'host' | 'log'>): ObjectTools {
  const changed = async (
    about: { readonly file: string } | { readonly kind: string },
    dryRun: boolean,
    sentence: string,
    make: (book: ObjectBook) => Promise<ApplyReport>,
  ): Promise<ApplyReport> => {
    const { host, log } = gateway;
    const file = 'file' in about ? about.file : about.kind;
    if (host === undefined) return noHost(file, dryRun);
    let report: ApplyReport;
    try {
      report = await make(host.book);
    } catch (error) {
      if (!(error instanceof WindroseError)) throw error;
      const refused = [`${error.message} ${error.remedy}`];
      return { ok: false, dryRun, file, issues: [], changes: [], refused, failed: true, revision: host.book.now.revision };
    }
    if (report.ok && !dryRun && report.changes.length > 0)
      log.info({ ...about, revision: report.revision, changes: inLog(report.changes) }, sentence);
    return report;
  };
  return {
    apply: (text, file, how) =>
      changed({ file }, how.dryRun, 'objects applied on request', (book) => book.applyText(text, file, how)),
    remove: (kind, names, how) =>
      changed({ kind }, how.dryRun, 'objects deleted on request', (book) => book.remove(kind as KindKey, names, how)),
    drain: (name, draining, how) =>
      changed({ kind: 'hosts' }, how.dryRun, 'a host was made draining, or not, on request', async (book) => {
        const report = await book.drain(name, draining, how);
        return book.shared || !report.ok ? report : { ...report, warnings: [...(report.warnings ?? []), OWN_STORES] };
      }),
    entries: async (): Promise<ObjectsAnswer> => {
      const { host } = gateway;
      return host === undefined ? { revision: 0, objects: {} } : host.book.entries();
    },
  };
}
