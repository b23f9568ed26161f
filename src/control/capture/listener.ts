import { createRequire } from 'node:module';
import { WindroseError } from '../../errors/catalog.js';

/**
 * Listens on a kernel device by libpcap, through the package `cap` (D24). Main thread only: cap is an addon of the old kind.
 * The device is one of the namespace this process is in.
 */

/** What cap keeps of a frame at most. */
export const SNAP_OCTETS = 65_535;
/** The kernel's ring for this capture. */
const RING_OCTETS = 16 * 1024 * 1024;
const PROBE_OCTETS = 64 * 1024;

/** The part of cap that is used here; its package has no types. */
interface Cap {
  open(device: string, filter: string, bufferOctets: number, packet: Buffer): string;
  close(): boolean;
  setMinBytes?(octets: number): void;
  on(event: 'packet', heard: (octets: number, cut: boolean) => void): void;
}

/**
 * Starts listening; the result stops it. `heard` gets each frame in memory that the next one overwrites, and whether it was cut at
 * SNAP_OCTETS. Throws a WindroseError.
 *
 * When the device goes down or away, cap ends the process by an assertion (SIGABRT): whoever started the process says so.
 */
export function listen(device: string, filter: string, heard: (octets: Uint8Array, cut: boolean) => void): () => void {
  const Cap = loadCap();
  const packet = Buffer.alloc(SNAP_OCTETS);
  // A device that cannot be opened and a filter that cannot be compiled are told apart by trying one after the other.
  const probe = new Cap();
  refuse(device, () => probe.open(device, '', PROBE_OCTETS, packet), deviceError);
  probe.close();
  const cap = new Cap();
  const link = refuse(
    device,
    () => cap.open(device, filter, RING_OCTETS, packet),
    (_, said) => filterError(filter, said),
  );
  if (link !== 'ETHERNET') {
    cap.close();
    throw new WindroseError('CAPTURE_FAILED', device, `it is no Ethernet device but ${link}`);
  }
  cap.on('packet', (octets, cut) => heard(packet.subarray(0, octets), cut));
  return () => cap.close();
}

function loadCap(): new () => Cap {
  try {
    return (createRequire(import.meta.url)('cap') as { Cap: new () => Cap }).Cap;
  } catch (error) {
    throw new WindroseError('CAPTURE_MISSING', 'cap', (error as Error).message.split('\n')[0]!.replace(/\.$/, ''), error);
  }
}

function refuse<T>(device: string, open: () => T, say: (device: string, said: string) => WindroseError): T {
  try {
    return open();
  } catch (error) {
    throw say(device, (error as Error).message.trim().replace(/\.$/, ''));
  }
}

function deviceError(device: string, said: string): WindroseError {
  if (/permi/i.test(said)) return new WindroseError('PACKET_PERMISSION', device, 'libpcap: EPERM');
  if (/no such device/i.test(said)) return new WindroseError('DEVICE_MISSING', device, 'libpcap: ENODEV');
  return new WindroseError('CAPTURE_FAILED', device, said === '' ? 'libpcap gives no reason' : said);
}

function filterError(filter: string, said: string): WindroseError {
  return new WindroseError('CAPTURE_FILTER', filter, said);
}
