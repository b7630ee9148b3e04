import { route } from '@muster/contracts/route';
import { FakeClock } from '@muster/testkit/fake-clock';
import { Controller, Global, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Endpoint } from './endpoint.js';
import { IdempotencyLedger } from './idempotency.interceptor.js';
import { LOG } from './log.js';
import { openApp } from './open-app.js';
import { type Credentials, PrincipalSource } from './principal.js';
import { RateLimits } from './rate-limits.js';

const readPlant = route({
  method: 'GET',
  path: '/plants/:id',
  summary: '',
  permission: null,
  params: z.object({ id: z.string() }),
});
const waterPlant = { ...readPlant, method: 'POST' } as const;

@Controller()
class PlantsController {
  @Endpoint(readPlant)
  async read() {}
  @Endpoint(waterPlant)
  async water() {}
}

const log = { info: () => {}, warn: () => {}, error: () => {} };
const keys = {
  resolve: async ({ apiKey }: Credentials) => apiKey && { kind: 'api_key', id: apiKey, tenantId: 'a', name: apiKey },
};

let clock: FakeClock;
let metrics: Registry;
let app: NestFastifyApplication;

beforeEach(async () => {
  clock = new FakeClock();
  metrics = new Registry();
  const paces = { address: { capacity: 10, perMinute: 6 }, caller: { capacity: 3, perMinute: 60 } };
  const limits = new RateLimits(clock, paces);
  const parts = [
    { provide: PrincipalSource, useValue: keys },
    { provide: IdempotencyLedger, useValue: {} },
    { provide: LOG, useValue: log },
    { provide: RateLimits, useValue: limits },
  ];
  @Global()
  @Module({ controllers: [PlantsController], providers: parts, exports: parts })
  class PlantsModule {}
  app = await openApp([PlantsModule], { log, limits, metrics });
});
afterEach(() => app.close());

const ask = (method: 'GET' | 'POST' | 'PUT' | 'OPTIONS', url: string, key?: string, remoteAddress = '10.0.0.1') =>
  app.inject({ method, url, remoteAddress, headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
const times = async (n: number, work: () => Promise<{ statusCode: number }>) => {
  const codes: number[] = [];
  for (let i = 0; i < n; i++) codes.push((await work()).statusCode);
  return codes;
};

describe('a caller', () => {
  test('who asks too much is told when to come again, and is then welcome', async () => {
    expect(await times(3, () => ask('GET', '/api/v1/plants/1', 'busy'))).toEqual([204, 204, 204]);
    const refused = await ask('GET', '/api/v1/plants/1', 'busy');
    expect(refused.json()).toMatchObject({
      code: 'rate_limited',
      status: 429,
      retryable: true,
      facts: { retryAfterS: 1 },
    });
    expect(refused.headers['retry-after']).toBe('1');
    clock.advance(1_000);
    expect((await ask('GET', '/api/v1/plants/1', 'busy')).statusCode).toBe(204);
  });

  test('does not use up what belongs to another at the same address', async () => {
    await times(4, () => ask('GET', '/api/v1/plants/1', 'busy'));
    expect((await ask('GET', '/api/v1/plants/1', 'calm')).statusCode).toBe(204);
  });
});

describe('an address', () => {
  test('that asks without credentials is stopped before anything is looked up, also where there is nothing', async () => {
    expect(await times(10, () => ask('GET', '/api/v1/plants/1'))).toEqual(Array(10).fill(401));
    const refused = await ask('GET', '/nowhere');
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '10']);
    expect((await ask('GET', '/api/v1/plants/1', undefined, '10.0.0.2')).statusCode).toBe(401);
    expect(await metrics.metrics()).toMatch(/muster_http_refusals_total\{door="people",code="rate_limited"\} 1/);
  });

  test('is not charged for health probes', async () => {
    await times(20, () => ask('GET', '/healthz'));
    expect((await ask('GET', '/api/v1/plants/1', 'calm')).statusCode).toBe(204);
  });
});

describe('a method a path does not have', () => {
  test('is answered with those it has', async () => {
    for (const method of ['PUT', 'OPTIONS'] as const) {
      const refused = await ask(method, '/api/v1/plants/1?x=y', 'calm');
      expect(refused.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
      expect(refused.headers.allow).toBe('GET, HEAD, POST');
    }
  });

  test('of an unknown path is simply not there', async () => {
    expect((await ask('PUT', '/api/v1/plants', 'calm')).json()).toMatchObject({ code: 'not_found' });
    expect((await ask('PUT', '/api/v1/plants/1/2', 'calm')).json()).toMatchObject({ code: 'not_found' });
  });
});
