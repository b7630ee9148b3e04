/**
 * For tests: the people's application on a database of the test's own, with one tenant and a person per role.
 *
 *     const api = await openHarness(testDb.database, clock, [DevicesModule]);
 *     const answer = await api.as('operator').post('/devices', { … });
 *     expect(answer.statusCode).toBe(201);
 */
import { type Role, roles } from '@muster/contracts/access/permissions';
import { memberStore } from '@muster/persistence/access/member.store';
import { sessionStore } from '@muster/persistence/access/session.store';
import type { Database } from '@muster/persistence/database';
import type { Clock } from '@muster/runtime/clock/clock';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Registry } from 'prom-client';
import { AccessModule } from './access/access.module.js';
import { SESSION_COOKIE } from './http/door.guard.js';
import type { Paces } from './http/rate-limits.js';
import { createPeopleApp } from './people.app.js';

type Headers = Record<string, string>;

export interface HarnessOptions {
  readonly tenantId?: string;
  readonly providers?: readonly Provider[];
  readonly paces?: Paces;
  readonly metrics?: Registry;
}

export const openHarness = async (
  database: Database,
  clock: Clock,
  slices: readonly (Type | DynamicModule)[],
  { tenantId = 'acme', ...parts }: HarnessOptions = {},
) => {
  const log = { info: () => {}, warn: console.warn, error: console.error };
  const deps = { database, clock, log, secret: Buffer.alloc(32, 7), ...parts };
  const app = await createPeopleApp(deps, [AccessModule, ...slices]);
  const tokens = await admit(database, clock, tenantId);
  return {
    app,
    tenantId,
    tokens,
    /** A person of this role, by session cookie. */
    as: (role: Role) => client(app, { cookie: `${SESSION_COOKIE}=${tokens[role]}` }),
    /** Nobody, or whoever the headers say. */
    with: (headers: Headers) => client(app, headers),
    close: () => app.close(),
  };
};

/** Makes a tenant with one person per role; returns their session tokens. */
export const admit = (database: Database, clock: Clock, tenantId: string): Promise<Record<Role, string>> =>
  database.system(async (tx) => {
    await memberStore.ensureTenant(tx, { id: tenantId, name: tenantId });
    const entries: [Role, string][] = [];
    for (const role of roles) {
      const member = await memberStore.add(tx, tenantId, { email: `${role}@${tenantId}.test`, name: role, role });
      const { token } = await sessionStore.open(tx, { tenantId, userId: member!.userId }, clock.now());
      entries.push([role, token]);
    }
    return Object.fromEntries(entries) as Record<Role, string>;
  });

const client = (app: NestFastifyApplication, who: Headers) => {
  const send = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, payload?: object, more?: Headers) =>
    app.inject({ method, url: `/api/v1${path}`, headers: { ...who, ...more }, ...(payload && { payload }) });
  return {
    get: (path: string, headers?: Headers) => send('GET', path, undefined, headers),
    post: (path: string, body?: object, headers?: Headers) => send('POST', path, body, headers),
    put: (path: string, body?: object, headers?: Headers) => send('PUT', path, body, headers),
    patch: (path: string, body?: object, headers?: Headers) => send('PATCH', path, body, headers),
    delete: (path: string, headers?: Headers) => send('DELETE', path, undefined, headers),
  };
};
