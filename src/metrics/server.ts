import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsConfig } from '../config/config.js';
import { answerText, boundedServer, closeServer } from '../control/boundedServer.js';
import type { Shown } from '../control/show/shown.js';
import { fromMetricsError } from '../errors/system.js';
import { type Faults, healthFaults, readinessFaults } from './health.js';
import { metricsRegistry } from './registry.js';

/** HTTP for Prometheus and for probes: /metrics, /healthz, /readyz. Probes answer 200 "ok" or 503 with what is wrong. */
export class MetricsServer {
  private constructor(
    /** Where it listens, port 0 resolved: "http://127.0.0.1:9473". */
    readonly address: string,
    private readonly server: Server,
  ) {}

  /** Throws METRICS_IN_USE or METRICS_ADDRESS. */
  static async listen({ host, port }: MetricsConfig['listen'], shown: Shown): Promise<MetricsServer> {
    const registry = metricsRegistry(shown);
    const server = boundedServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname === '/metrics') answerText(response, 200, registry.contentType, await registry.metrics());
      else if (pathname === '/healthz') answerProbe(response, healthFaults(shown));
      else if (pathname === '/readyz') answerProbe(response, readinessFaults(shown));
      else answerText(response, 404, 'text/plain; charset=utf-8', 'Here are /metrics, /healthz and /readyz.\n');
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      throw fromMetricsError(error, written(host, port));
    }
    return new MetricsServer(`http://${written(host, (server.address() as AddressInfo).port)}`, server);
  }

  stop(): Promise<void> {
    return closeServer(this.server);
  }
}

function answerProbe(response: ServerResponse, faults: Faults): void {
  const good = faults.length === 0;
  answerText(response, good ? 200 : 503, 'text/plain; charset=utf-8', good ? 'ok\n' : `${faults.join('\n')}\n`);
}

function written(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
