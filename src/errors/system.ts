import { type ErrorCode, WindroseError } from './catalog.js';

/** What the addon and Node throw -> an error of the catalogue. Anything unknown stays what it is, with its own words. */

/** The part of the addon's error that says what happened (see io/addon.ts). */
interface SystemFault {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly iface?: unknown;
  readonly message?: unknown;
}

/** True for what an opening call of the addon throws, or loading the addon itself. */
export function isAddonError(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof WindroseError) return false;
  const { code, syscall, iface } = error as SystemFault;
  const opening = typeof syscall === 'string' && typeof iface === 'string';
  return opening || code === 'ERR_DLOPEN_FAILED' || (code === 'MODULE_NOT_FOUND' && error.message.includes('windrose.node'));
}

/**
 * An error of an opening call of the addon. `configPath` is where the device stands ("gateway.yaml: ifaces[0]") and follows
 * the sentence of the system.
 */
export function fromAddonError(error: unknown, configPath = ''): WindroseError {
  if (error instanceof WindroseError) return error;
  const fault: SystemFault = typeof error === 'object' && error !== null ? error : { message: error };
  const code = String(fault.code ?? '');
  const syscall = String(fault.syscall ?? '');
  const iface = String(fault.iface ?? '');
  const said = [syscall, code].filter((word) => word !== '').join(' ') || firstLine(fault.message);
  const holder = holderOf(fault);
  const detail = [said, holder, configPath].filter((words) => words !== '').join(', ');
  if (code === 'ERR_DLOPEN_FAILED' || code === 'MODULE_NOT_FOUND')
    return new WindroseError('ADDON_MISSING', '', firstLine(fault.message), error);
  const known = classify(code, syscall);
  if (known !== undefined)
    return new WindroseError(known, known.startsWith('NETNS') ? namespaceOf(fault, iface) : iface, detail, error);
  const words = configPath === '' ? firstLine(fault.message) : `${firstLine(fault.message)}, ${configPath}`;
  return new WindroseError('IFACE_FAILED', iface === '' ? 'the device' : `"${iface}"`, words, error);
}

/** The namespace by its name when the sentence of the addon has it; by its device otherwise. */
function namespaceOf(fault: SystemFault, iface: string): string {
  const named = /namespace "([^"]+)"/.exec(String(fault.message));
  return named === null ? `of "${iface}"` : `"${named[1]}" of "${iface}"`;
}

/** Who has what is asked for, where the addon's sentence says it: `pid 4711 "node main.js run"`. */
function holderOf({ message }: SystemFault): string {
  return / is in use by (pid \d+ "[^"]*")/.exec(String(message))?.[1] ?? '';
}

function classify(code: string, syscall: string): ErrorCode | undefined {
  const denied = code === 'EPERM' || code === 'EACCES';
  const namespace = syscall.includes('setns') || syscall.includes('netns');
  const tun = syscall.includes('/dev/net/tun') || syscall.includes('TUN');
  if (namespace) return denied ? 'NETNS_PERMISSION' : code === 'ENOENT' ? 'NETNS_MISSING' : undefined;
  if (tun && (code === 'ENOENT' || code === 'ENXIO' || (code === 'ENODEV' && syscall.includes('open')))) return 'TUN_MISSING';
  if (tun && denied) return syscall.startsWith('open') ? 'TUN_FORBIDDEN' : 'TAP_PERMISSION';
  if (tun && code === 'EBUSY') return 'TAP_BUSY';
  if (tun && code === 'EINVAL') return 'TAP_KIND';
  if (syscall.startsWith('bpf(')) return 'EXCLUSIVE_REFUSED';
  if (code === 'ENODEV' || code === 'ENXIO') return 'DEVICE_MISSING';
  if (code === 'EADDRNOTAVAIL') return 'VTEP_ADDRESS';
  if (code === 'EADDRINUSE') return 'VTEP_BUSY';
  if (denied) return syscall.startsWith('ioctl') ? 'DEVICE_PERMISSION' : 'PACKET_PERMISSION';
  return undefined;
}

/** What no device can be opened with: no right, no driver. Other failures are of the one device. */
const OF_PROCESS: readonly ErrorCode[] = [
  'ADDON_MISSING',
  'TUN_MISSING',
  'TUN_FORBIDDEN',
  'TAP_PERMISSION',
  'NETNS_PERMISSION',
  'DEVICE_PERMISSION',
  'PACKET_PERMISSION',
];

export function isOfProcess({ code }: WindroseError): boolean {
  return OF_PROCESS.includes(code);
}

/** An error of listening for metrics on `address:port`. */
export function fromMetricsError(error: unknown, listen: string): WindroseError {
  const code = codeOf(error);
  return new WindroseError(code === 'EADDRINUSE' ? 'METRICS_IN_USE' : 'METRICS_ADDRESS', listen, code, error);
}

/** Somebody listens: the connection was made and closed again (ServerLimit.Connections), or waits behind others. */
const BUSY = ['ECONNRESET', 'EPIPE', 'EAGAIN'];

/** An error of asking the gateway behind a control socket. */
export function fromControlError(error: unknown, socket: string): WindroseError {
  const code = codeOf(error);
  const denied = code === 'EACCES' || code === 'EPERM';
  if (code === 'ETIMEDOUT') return new WindroseError('CONTROL_LATE', socket, firstLine((error as Error).message), error);
  if (BUSY.includes(code)) return new WindroseError('CONTROL_BUSY', socket, code, error);
  return new WindroseError(denied ? 'CONTROL_FORBIDDEN' : 'CONTROL_SILENT', socket, code, error);
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return code === undefined ? firstLine((error as Error | null)?.message) : String(code);
}

function firstLine(message: unknown): string {
  return String(message ?? 'no reason given')
    .split('\n')[0]!
    .replace(/\.$/, '');
}
