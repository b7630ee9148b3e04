import cookie from '@fastify/cookie';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { v7 as uuidv7 } from 'uuid';
import { measureDoor } from './door-metrics.js';
import { learnPaths } from './known-paths.js';
import type { Log } from './log.js';
import type { RateLimits } from './rate-limits.js';
import { Refusal } from './refusal.js';

/** JSON bodies; the largest legitimate one is an import of 5,000 rows. Artifact content streams and has its own limit. */
export const BODY_LIMIT = 4 * 1024 * 1024;

/** Asked every few seconds by load balancers; a line each would bury the rest. */
const PROBES = /^\/(healthz|readyz)$/;

const REQUEST_ID = /^[\w.-]{8,64}$/;

/** A caller's own request id is kept when it is harmless, so that one id follows a request through a proxy. */
export const requestIdOf = (headers: NodeJS.Dict<string | string[]>): string => {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : uuidv7();
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Largest body of this route in bytes; its text is kept as it came, since it may have to be stored so. */
    bodyLimit?: number;
    /** The route reads the bytes of its body itself, whatever their type and encoding. */
    rawBody?: boolean;
  }
  interface FastifyRequest {
    /** The body before it was parsed, on routes that state a limit of their own. */
    text?: string;
  }
}

/** Kinds of JSON; the last two are documents about the content of a release. */
const JSON_TYPES = [
  'application/json',
  'application/merge-patch+json',
  'application/vnd.cyclonedx+json',
  'application/spdx+json',
];

/** Read by routes that ask for `rawBody`, and by no other. */
const RAW_TYPES = ['application/cbor', 'application/x-ndjson', 'application/jsonl', 'application/ocsp-request'];

export interface Front {
  readonly door: 'people' | 'devices';
  readonly log: Log;
  readonly limits: RateLimits;
  readonly metrics?: Registry;
  readonly bodyLimit?: number;
}

/** Dresses the Fastify instance under Nest: cookies, body parsers, headers on every answer, access log, metrics, limits. */
export const dressFront = async (
  app: NestFastifyApplication,
  { door, log, limits, metrics, bodyLimit = BODY_LIMIT }: Front,
): Promise<void> => {
  await app.register(cookie);
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  learnPaths(fastify);
  acceptBodies(fastify, bodyLimit);
  if (metrics) measureDoor(fastify, door, metrics);
  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id).headers(securityHeaders);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    if (!PROBES.test(request.url)) limits.chargeAddress(request.ip);
  });
  fastify.addHook('onSend', async (request, reply, payload) => (isUnchanged(request, reply) ? null : payload));
  fastify.addHook('onResponse', async (request, reply) => {
    if (PROBES.test(request.url)) return;
    const fields = {
      requestId: request.id,
      method: request.method,
      // Never the query: it can hold a one-time token.
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      principal: request.principal ? `${request.principal.kind}:${request.principal.id}` : undefined,
      tenant: request.principal?.tenantId,
    };
    log.info(fields, 'request');
  });
};

/** JSON (an absent body is no body, whatever the content type says), merge patches, and raw streams for content. */
const acceptBodies = (fastify: FastifyInstance, bodyLimit: number): void => {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeContentTypeParser(['application/json', 'text/plain']);
  fastify.addHook('onRoute', (route) => {
    const own = route.config?.bodyLimit;
    if (own !== undefined) route.bodyLimit = own;
  });
  fastify.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer', bodyLimit }, (request, body, done) => {
    const { rawBody, bodyLimit: own } = request.routeOptions.config;
    if (rawBody) return done(null, body);
    if (body.length === 0) return done(null, undefined);
    const text = body.toString('utf8');
    if (own !== undefined) request.text = text;
    parse(request, text, done);
  });
  fastify.addContentTypeParser(RAW_TYPES, { parseAs: 'buffer', bodyLimit }, (request, body, done) => {
    if (request.routeOptions.config.rawBody) return done(null, body);
    done(new Refusal('unsupported_media_type'), undefined);
  });
  fastify.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
};

/** RFC 9110 13.1.2: a GET whose If-None-Match names the current ETag is answered 304 without a body. */
const isUnchanged = (request: FastifyRequest, reply: FastifyReply): boolean => {
  const etag = reply.getHeader('etag');
  const known = request.headers['if-none-match'];
  if (request.method !== 'GET' || reply.statusCode !== 200 || etag === undefined || known === undefined) return false;
  if (!known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)) return false;
  reply.status(304).removeHeader('content-length').removeHeader('content-type');
  return true;
};

/**
 * Nothing from elsewhere, no inline script, no framing. Inline style stays allowed: Mantine writes its theme into a style
 * tag at run time, and the libraries under it that lock scrolling do the same without knowing of nonces.
 */
const securityHeaders = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};
