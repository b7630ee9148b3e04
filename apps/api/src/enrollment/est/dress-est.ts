import type { Problem } from '@muster/contracts/problem';
import { maxRequestBytes } from '@muster/pki/csr/accept-request';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from '../../http/refusal.js';

export const EST = '/.well-known/est';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route takes a certificate request as text, and nothing else. */
    pkcs10?: boolean;
  }
}

const isEst = (request: FastifyRequest): boolean => request.url.startsWith(`${EST}/`);

/** What EST needs of the door under its paths: its one media type, at most 16 KiB of it, and its way to say no. */
export const dressEst = (fastify: FastifyInstance): void => {
  const size = { parseAs: 'string', bodyLimit: maxRequestBytes } as const;
  fastify.addContentTypeParser('application/pkcs10', size, (request, body, done) => {
    if (request.routeOptions.config.pkcs10) return done(null, body);
    done(new Refusal('unsupported_media_type'), undefined);
  });
  fastify.addHook('preParsing', async (request) => {
    const type = request.headers['content-type'];
    if (!request.routeOptions.config.pkcs10 || type === undefined) return;
    if (type.split(';', 1)[0]!.trim().toLowerCase() !== 'application/pkcs10')
      throw new Refusal('unsupported_media_type', 'Send application/pkcs10.');
  });
  fastify.addHook('onSend', async (request, reply, payload) => {
    if (!isEst(request)) return payload;
    // RFC 7030 3.2.3: HTTP authentication of EST is Basic or Digest.
    if (reply.statusCode === 401) reply.header('www-authenticate', 'Basic realm="muster", charset="UTF-8"');
    const isProblem = String(reply.getHeader('content-type')).startsWith('application/problem+json');
    if (!isProblem || typeof payload !== 'string' || acceptsJson(request)) return payload;
    reply.header('content-type', 'text/plain; charset=utf-8');
    return textOf(JSON.parse(payload) as Problem);
  });
};

/** Only who names a JSON type wants one: `*\/*` is what every client sends that shows errors as they come. */
const acceptsJson = ({ headers: { accept = '' } }: FastifyRequest): boolean =>
  /\bapplication\/(problem\+)?json\b/i.test(accept);

const textOf = ({ title, detail, code }: Problem): string => `${title}${detail ? `: ${detail}` : '.'} (${code})\n`;
