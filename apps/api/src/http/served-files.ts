import { existsSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import { type ProblemCode, problems } from '@muster/contracts/problem';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { absenceOf } from './known-paths.js';
import { answerRefusal } from './problem.filter.js';

export interface ServedFiles {
  /** Folder of the built console; every address that is no file and no API gets its index.html. */
  readonly console: string;
  /** The device agent as an npm tarball, so that `npx http://HOST/agent/muster-agent.tgz` needs no registry. */
  readonly agent: string;
}

/** Nothing above the folder, and no NUL, which the file system refuses by throwing. */
const OUTSIDE = /(^|[\\/])\.\.([\\/]|$)|\0/;
const NOT_THE_CONSOLE = /^\/(api|agent|assets|problems|healthz|readyz|metrics)(\/|$)/;

/** Serves the console, the agent tarball and the page behind every problem's `type`. */
export const serveFiles = async (app: NestFastifyApplication, files: ServedFiles): Promise<void> => {
  const root = existsSync(files.console) ? files.console : dirname(files.agent);
  await app.register(fastifyStatic, { root, serve: false, preCompressed: true, cacheControl: false });
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;

  fastify.get('/agent/muster-agent.tgz', (request, reply) =>
    existsSync(files.agent)
      ? reply.header('cache-control', 'no-cache').sendFile(basename(files.agent), dirname(files.agent))
      : nothingHere(request, reply),
  );
  fastify.get<{ Params: { code: string } }>('/problems/:code', (request, reply) => {
    const { code } = request.params;
    if (!Object.hasOwn(problems, code)) return nothingHere(request, reply);
    const [status, title] = problems[code as ProblemCode];
    return reply.send({ type: `/problems/${code}`, code, status, title });
  });
  fastify.get<{ Params: { '*': string } }>('/*', (request, reply) => {
    const path = request.params['*'];
    if (path !== '' && !OUTSIDE.test(path) && isFile(`${files.console}/${path}`)) {
      // Vite puts a hash of the content into the name of everything below assets/.
      const forever = path.startsWith('assets/');
      return reply
        .header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
        .sendFile(path, files.console);
    }
    if (NOT_THE_CONSOLE.test(request.url) || !existsSync(`${files.console}/index.html`))
      return nothingHere(request, reply);
    return reply.header('cache-control', 'no-cache').sendFile('index.html', files.console);
  });
};

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

const nothingHere = (request: FastifyRequest, reply: FastifyReply): FastifyReply =>
  answerRefusal(absenceOf(request), request, reply);
