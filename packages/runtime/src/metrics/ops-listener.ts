import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Health } from '../health/health.js';

export interface OpsListener {
  readonly port: number;
  close(): Promise<void>;
}

/** What operators and orchestrators ask a process, on a port of its own: `/metrics`, `/health/live`, `/health/ready`. */
export async function openOpsListener(
  at: { port: number; bind: string },
  health: Health,
  metrics: Registry,
): Promise<OpsListener> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const path = request.url?.split('?')[0];
    const work = async () => {
      if (path === '/metrics') return answer(200, metrics.contentType, await metrics.metrics());
      if (path === '/health/live') return answer(200, 'application/json', '{"live":true}');
      if (path !== '/health/ready') return answer(404, 'text/plain', 'not found\n');
      const readiness = await health.readiness();
      return answer(readiness.ready ? 200 : 503, 'application/json', JSON.stringify(readiness));
    };
    work().catch((error: unknown) => answer(500, 'text/plain', `${String(error)}\n`));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(at.port, at.bind, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
