import { permissions } from '@muster/contracts/access/permissions';
import { PageQuery, pageOf } from '@muster/contracts/page';
import { route } from '@muster/contracts/route';
import { systemClock } from '@muster/runtime/clock/clock';
import { Controller, Global, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Call, Endpoint, withEtag } from './endpoint.js';
import { IdempotencyLedger, type IdempotentRequest, type KeptAnswer } from './idempotency.interceptor.js';
import { LOG } from './log.js';
import { openApp } from './open-app.js';
import { Paging } from './paging.js';
import { type Credentials, type Principal, PrincipalSource } from './principal.js';
import { peoplePaces, RateLimits } from './rate-limits.js';
import { Refusal } from './refusal.js';

const Widget = z.object({ id: z.string(), name: z.string() });
const one = z.object({ id: z.string().max(5) });
const listWidgets = route({
  method: 'GET',
  path: '/widgets',
  summary: '',
  permission: 'device:read',
  query: PageQuery.extend({ color: z.string().optional() }),
  returns: pageOf(Widget),
});
const getWidget = route({
  method: 'GET',
  path: '/widgets/:id',
  summary: '',
  permission: null,
  params: one,
  returns: Widget,
});
const newWidget = route({
  method: 'POST',
  path: '/widgets',
  summary: '',
  permission: 'device:write',
  body: z.object({ name: z.string(), size: z.object({ w: z.number(), 'a/b': z.number().optional() }) }),
  returns: Widget,
  status: 201,
  idempotent: true,
});
const renameWidget = route({
  method: 'PATCH',
  path: '/widgets/:id',
  summary: '',
  permission: null,
  params: one,
  returns: Widget,
  match: true,
});
const breakWidget = route({
  method: 'POST',
  path: '/widgets/:id/break',
  summary: '',
  permission: 'public',
  params: one,
});

const names = ['a', 'b', 'c', 'd', 'e'];

@Controller()
class WidgetsController {
  made = 0;
  constructor(private readonly paging: Paging) {}

  @Endpoint(listWidgets)
  async list(call: Call<typeof listWidgets>) {
    const after = this.paging.after(call)?.[0] ?? '';
    const rows = names.filter((name) => name > String(after)).slice(0, call.query.pageSize + 1);
    return this.paging.page(
      call,
      rows,
      (name) => [name],
      (name) => ({ id: name, name }),
    );
  }

  @Endpoint(getWidget)
  async get(call: Call<typeof getWidget>) {
    return withEtag({ id: call.params.id, name: call.principal.name, secret: 'column' }, 7);
  }

  @Endpoint(newWidget)
  async create(call: Call<typeof newWidget>) {
    if (call.body.name === 'taken') throw new Refusal('already_exists');
    return { id: String(++this.made), name: call.body.name };
  }

  @Endpoint(renameWidget)
  async rename(call: Call<typeof renameWidget>) {
    if (call.ifMatch !== 7) throw Refusal.stale(7);
    return withEtag({ id: call.params.id, name: 'renamed' }, 8);
  }

  @Endpoint(breakWidget)
  async break(call: Call<typeof breakWidget>) {
    if (call.params.id === 'bug') throw new Error('password=hunter2');
    if (call.params.id === 'away') throw Object.assign(new Error('x'), { code: '57P01' });
  }
}

class Keys extends PrincipalSource {
  async resolve({ apiKey, sessionToken }: Credentials): Promise<Principal | null> {
    const id = apiKey ?? sessionToken;
    if (id !== 'mk_all' && id !== 'mk_none') return null;
    const granted = new Set(id === 'mk_all' ? permissions : []);
    return { kind: 'api_key', id, tenantId: 'acme', name: 'ci', role: null, permissions: granted, sessionId: null };
  }
}

class Ledger extends IdempotencyLedger {
  readonly kept = new Map<string, { hash: string; answer: KeptAnswer | null }>();
  async claim({ key, requestHash }: IdempotentRequest) {
    const found = this.kept.get(key);
    if (found && found.hash !== requestHash) throw new Refusal('idempotency_key_reused');
    if (!found) this.kept.set(key, { hash: requestHash, answer: null });
    return found?.answer ?? null;
  }
  async keep({ key, requestHash }: IdempotentRequest, _status: number, answer: KeptAnswer) {
    this.kept.set(key, { hash: requestHash, answer });
  }
  async release({ key }: IdempotentRequest) {
    this.kept.delete(key);
  }
}

const lines: object[] = [];
const limits = new RateLimits(systemClock, peoplePaces);
const log = { info: (f: object) => lines.push(f), warn: () => 0, error: (f: object) => lines.push(f) };

@Global()
@Module({
  controllers: [WidgetsController],
  providers: [
    { provide: PrincipalSource, useClass: Keys },
    { provide: IdempotencyLedger, useClass: Ledger },
    { provide: LOG, useValue: log },
    { provide: RateLimits, useValue: limits },
    { provide: Paging, useFactory: () => new Paging(Buffer.alloc(32, 1)) },
  ],
  exports: [PrincipalSource, IdempotencyLedger, LOG, RateLimits],
})
class WidgetsModule {}

const metrics = new Registry();
let app: NestFastifyApplication;
beforeAll(async () => {
  app = await openApp([WidgetsModule], { log, limits, metrics });
});
afterAll(() => app.close());

const all = { authorization: 'Bearer mk_all' };
const ask = (
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  headers: Record<string, string> = all,
  payload?: object | string,
) => app.inject({ method, url: `/api/v1${url}`, headers, payload });

describe('the door', () => {
  test('drops what the output schema does not declare, and answers the version as a strong ETag', async () => {
    const answer = await ask('GET', '/widgets/x');
    expect(answer.json()).toEqual({ id: 'x', name: 'ci' });
    expect(answer.headers.etag).toBe('"7"');
    expect(answer.headers['content-security-policy']).toContain("script-src 'self';");
  });

  test('answers 304 without a body when the client already has this version', async () => {
    const answer = await ask('GET', '/widgets/x', { ...all, 'if-none-match': '"6", "7"' });
    expect([answer.statusCode, answer.body]).toEqual([304, '']);
  });

  test('lists every fault of a request by JSON pointer, unknown nested properties included', async () => {
    const unknown = await ask('POST', '/widgets', all, { name: 'n', color: 'red', size: { w: 1, 'h/~': 2 } });
    expect(unknown.statusCode).toBe(400);
    expect(unknown.headers['content-type']).toContain('application/problem+json');
    expect(unknown.json()).toMatchObject({
      code: 'validation_failed',
      type: '/problems/validation_failed',
      retryable: false,
    });
    expect(unknown.json().errors.map((e: { pointer: string }) => e.pointer)).toEqual([
      '/body/color',
      '/body/size/h~1~0',
    ]);
    const wrong = await ask('POST', '/widgets', all, { size: { w: 'x' } });
    expect(wrong.json().errors.map((e: { pointer: string }) => e.pointer)).toEqual(['/body/name', '/body/size/w']);
  });

  test('refuses unknown query parameters', async () => {
    const answer = await ask('GET', '/widgets?colour=red');
    expect(answer.json().errors).toEqual([{ pointer: '/query/colour', message: 'is not a property of this request' }]);
  });

  test('answers the declared status and refuses a body that is not JSON or has another type', async () => {
    expect((await ask('POST', '/widgets', all, { name: 'n', size: { w: 1 } })).statusCode).toBe(201);
    const json = { ...all, 'content-type': 'application/json' };
    expect((await ask('POST', '/widgets', json, '{nope')).json()).toMatchObject({
      code: 'malformed_json',
      status: 400,
    });
    expect((await ask('POST', '/widgets', json, '')).json()).toMatchObject({ code: 'validation_failed' });
    const xml = { ...all, 'content-type': 'application/xml' };
    expect((await ask('POST', '/widgets', xml, '<a/>')).json()).toMatchObject({
      code: 'unsupported_media_type',
      status: 415,
    });
    const large = JSON.stringify({ name: 'x'.repeat(5_000_000) });
    expect((await ask('POST', '/widgets', json, large)).json()).toMatchObject({
      code: 'payload_too_large',
      status: 413,
    });
  });

  test('tells who is missing from who may not', async () => {
    const anonymous = await ask('GET', '/widgets', {});
    expect(anonymous.json()).toMatchObject({ code: 'unauthenticated', status: 401 });
    expect(anonymous.headers['www-authenticate']).toContain('Bearer');
    const poor = await ask('GET', '/widgets', { authorization: 'Bearer mk_none' });
    expect(poor.json()).toMatchObject({ code: 'forbidden', facts: { permission: 'device:read' } });
  });

  test('refuses an unsafe request that a browser sends with the cookie from another origin', async () => {
    const cookie = { cookie: 'muster_session=mk_all', host: 'fleet.example:8080' };
    const body = { name: 'n', size: { w: 1 } };
    const foreign = await ask('POST', '/widgets', { ...cookie, origin: 'http://evil.example' }, body);
    expect(foreign.json()).toMatchObject({ code: 'origin_refused', status: 403 });
    expect((await ask('POST', '/widgets', { ...cookie, origin: 'null' }, body)).statusCode).toBe(403);
    expect((await ask('POST', '/widgets', { ...cookie, origin: 'http://fleet.example:8080' }, body)).statusCode).toBe(
      201,
    );
  });

  test('demands If-Match where the route says so, and refuses a stale or weak one', async () => {
    expect((await ask('PATCH', '/widgets/x')).json()).toMatchObject({ code: 'precondition_required', status: 428 });
    expect((await ask('PATCH', '/widgets/x', { ...all, 'if-match': '"6"' })).json()).toMatchObject({
      code: 'precondition_failed',
      facts: { currentVersion: 7 },
    });
    expect((await ask('PATCH', '/widgets/x', { ...all, 'if-match': 'W/"7"' })).statusCode).toBe(412);
    const renamed = await ask('PATCH', '/widgets/x', { ...all, 'if-match': '"7"' });
    expect([renamed.statusCode, renamed.headers.etag]).toEqual([200, '"8"']);
  });

  test('answers a repeated create with the first answer, and frees the key of one that was refused', async () => {
    const keyed = { ...all, 'idempotency-key': 'k-1' };
    const body = { name: 'once', size: { w: 1 } };
    const first = await ask('POST', '/widgets', keyed, body);
    const again = await ask('POST', '/widgets', keyed, body);
    expect([again.statusCode, again.json()]).toEqual([201, first.json()]);
    expect(again.headers['idempotent-replayed']).toBe('true');
    const other = await ask('POST', '/widgets', keyed, { ...body, name: 'twice' });
    expect(other.json()).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
    const refused = { ...all, 'idempotency-key': 'k-2' };
    expect((await ask('POST', '/widgets', refused, { ...body, name: 'taken' })).statusCode).toBe(409);
    expect((await ask('POST', '/widgets', refused, body)).statusCode).toBe(201);
  });

  test('lets no detail of a bug out, logs it under the request id, and never logs a query', async () => {
    lines.length = 0;
    const answer = await ask('POST', '/widgets/bug/break?token=geheim', {});
    expect(answer.statusCode).toBe(400);
    const bug = await ask('POST', '/widgets/bug/break', { 'x-request-id': 'trace-123456' });
    expect(bug.json()).toMatchObject({ code: 'internal', requestId: 'trace-123456', retryable: true });
    expect(bug.body).not.toContain('hunter2');
    expect(JSON.stringify(lines)).toContain('"status":500');
    expect(JSON.stringify(lines)).not.toContain('geheim');
  });

  test('counts answers by route and refusals by code, never by id', async () => {
    await ask('GET', '/widgets/id-1');
    await ask('PATCH', '/widgets/id-2');
    const text = await metrics.metrics();
    expect(text).toMatch(/muster_http_refusals_total\{door="people",code="precondition_required"\} \d/);
    expect(text).toContain('route="/api/v1/widgets/:id"');
    expect(text).not.toContain('id-1');
  });

  test('tells a part that is away from a bug', async () => {
    const away = await ask('POST', '/widgets/away/break', {});
    expect(away.json()).toMatchObject({ code: 'unavailable', status: 503, retryable: true });
    expect((await ask('POST', '/widgets/ok/break', {})).statusCode).toBe(204);
    expect((await ask('GET', '/nothing')).json()).toMatchObject({ code: 'not_found', status: 404 });
  });
});
