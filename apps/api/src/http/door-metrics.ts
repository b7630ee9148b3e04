import type { ProblemCode } from '@muster/contracts/problem';
import type { FastifyInstance } from 'fastify';
import { Counter, Histogram, type Registry } from 'prom-client';

declare module 'fastify' {
  interface FastifyRequest {
    /** The code of the refusal this request was answered with. */
    refusedWith?: ProblemCode;
  }
}

/** Counts what a door answers: time by route and status, refusals by code. Routes are patterns, so ids make no series. */
export const measureDoor = (fastify: FastifyInstance, door: 'people' | 'devices', metrics: Registry): void => {
  const seconds = obtain(metrics, 'muster_http_request_duration_seconds', (name) => {
    const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
    const labelNames = ['door', 'method', 'route', 'status'] as const;
    return new Histogram({ name, help: 'Time to answer a request.', labelNames, buckets, registers: [metrics] });
  });
  const refusals = obtain(metrics, 'muster_http_refusals_total', (name) => {
    const labelNames = ['door', 'code'] as const;
    return new Counter({ name, help: 'Requests refused, by problem code.', labelNames, registers: [metrics] });
  });
  fastify.addHook('onResponse', async (request, reply) => {
    const { method, refusedWith } = request;
    const route = request.routeOptions.url ?? 'none';
    // A live stream ends when its reader leaves; its length says nothing about us.
    if (reply.getHeader('content-type')?.toString().startsWith('text/event-stream')) return;
    seconds.observe({ door, method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    if (refusedWith) refusals.inc({ door, code: refusedWith });
  });
};

/** Both doors of a process count into the same metric. */
const obtain = <M extends Histogram<string> | Counter<string>>(
  metrics: Registry,
  name: string,
  make: (name: string) => M,
): M => (metrics.getSingleMetric(name) as M | undefined) ?? make(name);
