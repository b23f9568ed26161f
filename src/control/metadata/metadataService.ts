import type { Logger } from 'pino';
import type { MetadataConfig } from '../../config/config.js';
import { WindroseError } from '../../errors/catalog.js';
import type { Addon, OpenedIface } from '../../io/addon.js';
import { macOfWords } from '../../tables/macWords.js';
import { MetadataMac, PROXY_PORT } from '../../tables/metadata.js';
import { formatIpv4, wireOrder } from '../../types/ipv4.js';
import type { HeldDevice } from '../openIfaces.js';
import type { Identity, ProxyCounts, ToProxy } from './proxy/messages.js';
import { CountsOfProxy } from './proxyCounts.js';
import { ProxyProcess } from './proxyProcess.js';
import { readSettings } from './secrets.js';
import { proxyAddress, type StandIn } from './stands.js';

/** Connections of guests that wait to be accepted. */
const BACKLOG = 4096;
const REMEDY = `free TCP port ${PROXY_PORT}, or give the proxy a namespace of its own: host.metadata.netns`;
/** After the process ended, or could not begin. */
const AGAIN_MS = 1000;
const LONGEST_AGAIN_MS = 30_000;
/** It has run so long: what ended it then is no fault of its start. */
const SOUND_MS = 60_000;

/** What a configuration in use says of it. */
export interface MetadataNow {
  readonly config: MetadataConfig | undefined;
  readonly device: HeldDevice | undefined;
  readonly stands: readonly StandIn[];
}

/**
 * The metadata proxy as the gateway sees it (dvr.md 2.15): the kernel's side of its TAP, the socket that listens there, its process, and
 * what that has to know. Whatever fails is logged and tried again; frames to it are lost meanwhile, and nothing else.
 */
export class MetadataService {
  readonly counts = new CountsOfProxy();
  #now: MetadataNow = { config: undefined, device: undefined, stands: [] };
  /** What the process has been told, as text. */
  readonly #told = new Map<ToProxy['kind'], string>();
  #settings: ToProxy | undefined;
  #opened: OpenedIface | undefined;
  #listening = -1;
  #process: ProxyProcess | undefined;
  #beganMs = 0;
  #waitMs = AGAIN_MS;
  #again: NodeJS.Timeout | undefined;
  #failure = '';
  #stopped = false;

  constructor(
    private readonly addon: Addon,
    private readonly log: Logger,
  ) {}

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Reads secret and certificates again: whoever changes them sends SIGHUP. */
  refresh(): void {
    this.#read();
    this.#tell();
  }

  /** Goes by this from now on. */
  follow(now: MetadataNow): void {
    const before = this.#now.config;
    this.#now = now;
    if (now.config !== before && JSON.stringify(now.config) !== JSON.stringify(before)) this.#read();
    const opened = now.device?.opened;
    if (opened !== this.#opened) this.#close();
    if (opened === undefined || opened.fds.length === 0 || this.#stopped) return;
    this.#opened = opened;
    this.#begin();
    this.#tell();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const ending = this.#process;
    this.#process = undefined;
    this.#close();
    await ending?.end();
  }

  /** What cannot be read any more stays as it was: a start and a reload have refused it before. */
  #read(): void {
    const { config } = this.#now;
    try {
      this.#settings = config && { kind: 'settings', settings: readSettings(config) };
    } catch (error) {
      if (!(error instanceof WindroseError)) throw error;
      this.log.error({ failure: error.message, remedy: error.remedy }, 'metadata goes on with the secret it has');
    }
  }

  /** Opens what is not open yet. */
  #begin(): void {
    const { config, device } = this.#now;
    if (this.#process !== undefined || this.#again !== undefined || config === undefined || device === undefined) return;
    try {
      if (this.#listening < 0) this.#listening = this.#listen(config, device);
      this.#beganMs = performance.now();
      this.#process = new ProxyProcess(
        this.#listening,
        (counts) => this.#take(counts),
        (words) => this.#ended(words),
      );
      this.#told.clear();
    } catch (error) {
      this.log.error({ failure: (error as Error).message, remedy: REMEDY }, 'metadata proxy cannot begin; it is tried again');
      this.#later();
    }
  }

  #listen({ range, netns: space }: MetadataConfig, { config: { device } }: HeldDevice): number {
    const netns = space === undefined ? {} : { netns: space };
    const address = formatIpv4(proxyAddress(range));
    const mac = macOfWords(MetadataMac.Head, MetadataMac.KernelTail);
    const closed = this.addon.setServiceSide({ device, ...netns, address, length: range.length, mac });
    if (!closed)
      this.log.warn(
        { device, remedy: `set net.ipv6.conf.${device}.disable_ipv6=1 and net.ipv4.conf.${device}.forwarding=0` },
        '/proc/sys cannot be written: IPv6 and forwarding of the TAP to the metadata proxy are as the system has them',
      );
    return this.addon.listenBy({ device, ...netns, address, port: PROXY_PORT, backlog: BACKLOG });
  }

  #take(counts: ProxyCounts): void {
    this.counts.take(counts);
    if (counts.failure === this.#failure) return;
    this.#failure = counts.failure;
    const endpoint = this.#now.config?.endpoint;
    if (counts.failure === '') this.log.info({ endpoint }, 'metadata endpoint answers');
    else this.log.warn({ endpoint, failure: counts.failure }, 'metadata endpoint does not answer as it should');
  }

  #ended(words: string): void {
    this.#process = undefined;
    this.counts.settle();
    this.log.error({ failure: words }, 'metadata proxy ended; another one begins');
    if (performance.now() - this.#beganMs > SOUND_MS) this.#waitMs = AGAIN_MS;
    this.#later();
  }

  #later(): void {
    if (this.#stopped) return;
    this.#again = setTimeout(() => {
      this.#again = undefined;
      this.follow(this.#now);
    }, this.#waitMs).unref();
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_AGAIN_MS);
  }

  #tell(): void {
    if (this.#settings !== undefined) this.#send(this.#settings);
    this.#send({ kind: 'identities', identities: this.#now.stands.map(identityOf) });
  }

  #send(message: ToProxy): void {
    const text = JSON.stringify(message);
    if (this.#process === undefined || this.#told.get(message.kind) === text) return;
    this.#told.set(message.kind, text);
    this.#process.send(message);
  }

  /** The device is gone, or another one. */
  #close(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
    this.#opened = undefined;
    const ending = this.#process;
    this.#process = undefined;
    if (ending !== undefined) {
      this.counts.settle();
      void ending.end();
    }
    if (this.#listening >= 0) this.addon.closeFd(this.#listening);
    this.#listening = -1;
  }
}

function identityOf({ address, port, fixed, router }: StandIn): readonly [string, Identity] {
  return [
    formatIpv4(wireOrder(address)),
    {
      ...{ port: port.name, instance: port.instance, project: port.project },
      ...{ network: port.network, router, fixed: formatIpv4(fixed) },
    },
  ];
}
