import { execFile } from 'node:child_process';
import type { Logger } from 'pino';

const DEADLINE_MS = 5000;

/**
 * Tells systemd how it stands (sd_notify(3)), when systemd asked for it by NOTIFY_SOCKET. Node has no datagram sockets of the unix
 * kind, so systemd-notify(1) sends it, which is wherever systemd is; the unit says NotifyAccess=all for that. A message that
 * cannot be sent is a warning: systemd then ends a start that stays silent, and says so itself.
 */
export function notifySystemd(log: Logger, ...assignments: readonly string[]): Promise<void> {
  if (!process.env.NOTIFY_SOCKET) return Promise.resolve();
  return new Promise((resolve) => {
    execFile('systemd-notify', [`--pid=${process.pid}`, ...assignments], { timeout: DEADLINE_MS }, (error) => {
      if (error !== null) log.warn({ failure: error.message.trim() }, 'systemd was not told');
      resolve();
    });
  });
}
