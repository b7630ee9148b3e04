import type { Database } from '@muster/persistence/database';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/**
 * `/healthz` says that the process answers, `/readyz` that it can reach the database. They stand on the main port for
 * load balancers; the ops listener has the detailed ones.
 */
export const answerHealth = (app: NestFastifyApplication, database: Database): void => {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  fastify.get('/healthz', { logLevel: 'silent' }, async () => ({ live: true }));
  fastify.get('/readyz', async (_request, reply) => {
    const ready = await database
      .system((tx) => tx.query('select 1'))
      .then(
        () => true,
        () => false,
      );
    return reply.status(ready ? 200 : 503).send({ ready });
  });
};
