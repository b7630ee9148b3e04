import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@muster/runtime/clock/clock';
import { Global, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IdempotencyLedger } from './idempotency.interceptor.js';
import { LOG } from './log.js';
import { openApp } from './open-app.js';
import { PrincipalSource } from './principal.js';
import { peoplePaces, RateLimits } from './rate-limits.js';
import { serveFiles } from './served-files.js';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const limits = new RateLimits(systemClock, peoplePaces);
const nobody = { resolve: async () => null };

@Global()
@Module({
  providers: [
    { provide: PrincipalSource, useValue: nobody },
    { provide: IdempotencyLedger, useValue: {} },
    { provide: LOG, useValue: log },
    { provide: RateLimits, useValue: limits },
  ],
  exports: [PrincipalSource, IdempotencyLedger, LOG, RateLimits],
})
class NobodyModule {}

const folder = mkdtempSync(join(tmpdir(), 'served-'));
const metrics = new Registry();
let app: NestFastifyApplication;

beforeAll(async () => {
  mkdirSync(join(folder, 'console/assets'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'muster-agent.tgz'), 'tarball');
  writeFileSync(join(folder, 'console/index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'console/assets/main-1a2b.js'), 'run()');
  const files = { console: join(folder, 'console'), agent: join(folder, 'muster-agent.tgz') };
  app = await openApp([NobodyModule], { log, limits, metrics, beforeReady: (opened) => serveFiles(opened, files) });
});
afterAll(async () => {
  await app?.close();
  rmSync(folder, { recursive: true });
});

const get = (url: string) => app.inject({ method: 'GET', url });

test('every address of the console gets its page, never cached and without inline script', async () => {
  for (const url of ['/', '/devices/1', '/campaigns']) {
    const page = await get(url);
    expect([page.statusCode, page.body, page.headers['cache-control']]).toEqual([200, '<!doctype html>', 'no-cache']);
    expect(page.headers['content-security-policy']).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
  }
});

test('hashed assets are kept for good, and one that is gone is no page', async () => {
  expect((await get('/assets/main-1a2b.js')).headers['cache-control']).toContain('immutable');
  expect((await get('/assets/main-old.js')).json()).toMatchObject({ code: 'not_found', status: 404 });
});

test('nothing outside the console is served', async () => {
  for (const url of [
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/assets/..%5c..%5c..%5csecret.txt',
    '/%00',
  ]) {
    expect((await get(url)).body, url).not.toBe('secret');
    expect((await get(url)).statusCode, url).toBeLessThan(500);
  }
});

test('the agent comes as a tarball, and a problem type leads to its page', async () => {
  expect((await get('/agent/muster-agent.tgz')).body).toBe('tarball');
  expect((await get('/problems/forbidden')).json()).toMatchObject({ code: 'forbidden', status: 403 });
  expect((await get('/problems/constructor')).statusCode).toBe(404);
});

test('an address of the API that is not there is a problem, not the console', async () => {
  expect((await get('/api/v1/nothing')).json()).toMatchObject({ code: 'not_found' });
  const posted = await app.inject({ method: 'POST', url: '/devices' });
  expect(posted.json()).toMatchObject({ code: 'not_found' });
});

test('a file that is asked for in another way says what it offers, and the console is no excuse for a wrong method', async () => {
  const posted = await app.inject({ method: 'POST', url: '/agent/muster-agent.tgz' });
  expect(posted.json()).toMatchObject({ code: 'method_not_allowed', status: 405 });
  expect(posted.headers.allow).toBe('GET, HEAD');
});

test('what is refused before any route is counted too', async () => {
  await get('/api/v1/nowhere');
  expect(await metrics.metrics()).toMatch(/muster_http_refusals_total\{door="people",code="not_found"\} [1-9]/);
});
