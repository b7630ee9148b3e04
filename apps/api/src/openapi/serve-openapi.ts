import { routesByNoun } from '@muster/contracts/routes';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { writeOpenApi } from './write-openapi.js';

/** `/api/openapi.json`, written once from the route tables. */
export const serveOpenApi = (app: NestFastifyApplication): void => {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  let document: string | undefined;
  fastify.get('/api/openapi.json', async (_request, reply) => {
    document ??= JSON.stringify(writeOpenApi(routesByNoun));
    return reply.header('content-type', 'application/json').header('cache-control', 'no-cache').send(document);
  });
};
