import { MetricsServer } from '../metrics/server.js';
import { controlApi } from './controlApi.js';
import { appliedRevision, type HostSide } from './dvr/hostSide.js';
import { candidatesAmong, hasOneHost } from './dvr/placement/snatPlacement.js';
import type { Gateway } from './gateway.js';
import { ChangeLog } from './loggingChanges.js';
import { GatewayOperations } from './operations.js';
import { packageVersion } from './packageVersion.js';
import { lateWorkers } from './reload/draining.js';
import { Reloader } from './reload/reloader.js';
import { RingWatch } from './ringWatch.js';
import { SessionCensus } from './sessionCensus.js';
import { LinkWatch } from './show/links.js';
import { WorkerPulse } from './show/pulse.js';
import type { Shown, ShownSnat, ShownStore } from './show/shown.js';
import { ControlSocket } from './socket.js';

/** What an operator reaches: the control socket and, unless it is off, the metrics. */
export class Servers {
  private constructor(
    private readonly pulse: WorkerPulse,
    private readonly changes: ChangeLog,
    private readonly rings: RingWatch,
    private readonly reloader: Reloader,
    private readonly control: ControlSocket,
    private readonly metrics: MetricsServer | undefined,
  ) {}

  /** Both listen when it resolves. Throws a WindroseError and leaves nothing open. */
  static async start(gateway: Gateway, configFile: string, draining: () => boolean): Promise<Servers> {
    const { addon, states, index } = gateway;
    const pulse = new WorkerPulse(states, () => addon.nowMs());
    const shown: Shown = {
      get built() {
        return gateway.built;
      },
      get reloads() {
        return gateway.reloads;
      },
      configFile,
      get draining() {
        return draining();
      },
      get objects() {
        const { host } = gateway;
        if (host === undefined) return undefined;
        const { book, view, snatHosts, room } = host;
        const { objects, claims, snatOwners } = book.now;
        const lasting = new Set(snatOwners.flatMap((owner) => (owner.lasting ? [owner.router] : [])));
        return { objects, claims, all: () => book.all(), host: book.host, view, snatHosts, lasting, leftOut: room.turnedAway };
      },
      get networks() {
        return gateway.host;
      },
      get store() {
        const { host } = gateway;
        return host === undefined ? undefined : storeOf(host);
      },
      get snat() {
        const { host } = gateway;
        return host === undefined ? undefined : snatOf(host);
      },
      get life() {
        const { host } = gateway;
        return host === undefined ? undefined : { store: host.life.store, others: host.life.others, shared: host.book.shared };
      },
      states,
      index,
      links: new LinkWatch(addon, gateway.links, () => gateway.devices),
      pulse,
      census: new SessionCensus(states),
      events: gateway.events.counts,
      metadata: gateway.metadata.counts,
    };
    const { config } = gateway.built;
    const about = () => ({
      name: config.name,
      version: packageVersion(),
      node: process.versions.node,
      pid: process.pid,
      uptimeSeconds: Math.round((Date.now() - gateway.startedAt) / 1000),
      configFile,
      generation: gateway.built.snapshot.generation,
      workers: states.length,
    });
    const reloader = new Reloader(gateway, configFile);
    const control = await ControlSocket.listen(
      config.control.socket,
      controlApi(shown, about, new GatewayOperations(gateway, reloader)),
    );
    try {
      const metrics = config.metrics === 'off' ? undefined : await MetricsServer.listen(config.metrics.listen, shown);
      pulse.start();
      const changes = new ChangeLog(shown, gateway.log, (record) => gateway.events.note(record));
      changes.start();
      const rings = new RingWatch(addon, () => gateway.devices, gateway.log);
      rings.start();
      reloader.start();
      gateway.host?.life.follow(() => {
        const host = gateway.host!;
        // Whoever waits for it may take the host away next.
        const isLate = lateWorkers(gateway).length > 0 || host.snat?.isTurning === true;
        return { read: host.book.now.revision, applied: isLate ? undefined : appliedRevision(host) };
      });
      return new Servers(pulse, changes, rings, reloader, control, metrics);
    } catch (error) {
      await control.stop();
      throw error;
    }
  }

  /** Where to ask, for the log. */
  addresses(): { control: string; metrics: string } {
    return { control: this.control.path, metrics: this.metrics === undefined ? 'off' : `${this.metrics.address}/metrics` };
  }

  async stop(): Promise<void> {
    this.changes.stop();
    this.rings.stop();
    this.pulse.stop();
    await Promise.all([this.control.stop(), this.metrics?.stop(), this.reloader.stop()]);
  }
}

function snatOf({ view, objects, snat, snatHosts, numbers, room }: HostSide): ShownSnat {
  const replicas = new Set(view.routers.map(({ name }) => name));
  const candidates = candidatesAmong(objects);
  const concerned = objects.routers.filter((router) => {
    if (!hasOneHost(router)) return false;
    return router.distributed ? replicas.has(router.name) : candidates(router).includes(view.host);
  });
  return {
    routers: concerned.map(({ name }) => ({ name, here: snatHosts.get(name) === view.host && !room.lacks(name) })),
    moves: snat?.moves,
    withoutNumber: numbers.without,
    withoutRoom: room.turnedAway,
  };
}

function storeOf(host: HostSide): ShownStore {
  const { reachable, now, differences } = host.book;
  const { presence, counts, waiting } = host.life;
  return { reachable, read: now.revision, applied: appliedRevision(host), waiting, held: presence.held, counts, differences };
}
