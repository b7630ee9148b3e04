import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Role } from '@muster/contracts/access/permissions';
import type { Release } from '@muster/contracts/releases/releases.schema';
import type { Database } from '@muster/persistence/database';
import type { Clock } from '@muster/runtime/clock/clock';
import type { DynamicModule, Type } from '@nestjs/common';
import { type DoorHarness, openDoorHarness } from '../device-door/door.harness.js';
import { SESSION_COOKIE } from '../http/door.guard.js';
import { ReleasesModule } from './releases.module.js';

/** For tests: the people's door with releases behind it, and short ways to an artifact and a release. */
export class Releases {
  constructor(readonly door: DoorHarness) {}

  static async open(
    database: Database,
    clock: Clock,
    more: readonly (Type | DynamicModule)[] = [],
    options: Parameters<typeof openDoorHarness>[3] = {},
  ): Promise<Releases> {
    return new Releases(await openDoorHarness(database, clock, [ReleasesModule, ...more], options));
  }

  as(role: Role) {
    return this.door.people.as(role);
  }

  /** Raw bytes or text by one person; for what is not JSON. */
  put(role: Role, path: string, payload: Buffer | string, type = 'application/octet-stream') {
    const headers = { cookie: `${SESSION_COOKIE}=${this.door.people.tokens[role]}`, 'content-type': type };
    return this.door.people.app.inject({ method: 'PUT', url: `/api/v1${path}`, headers, payload });
  }

  /** A complete artifact with content of its own, and where that lies on disk. */
  async artifact(content = randomBytes(2_000)): Promise<{ id: string; sha256: string; file: string }> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const declared = { name: 'fw.bin', size: content.length, sha256 };
    const { id } = (await this.as('release_manager').post('/artifacts', declared)).json();
    await this.put('release_manager', `/artifacts/${id}/content`, content);
    return { id, sha256, file: join(this.door.data, 'artifacts', this.door.people.tenantId, sha256) };
  }

  async draft(version: string, more: object = {}, role: Role = 'release_manager'): Promise<Release> {
    const { id: artifactId } = await this.artifact();
    const body = { name: 'fw', version, models: ['gw-1'], artifactId, ...more };
    const answer = await this.as(role).post('/releases', body);
    if (answer.statusCode !== 201) throw new Error(answer.body);
    return answer.json();
  }

  step(release: Pick<Release, 'id' | 'etag'>, verb: 'sign' | 'publish' | 'revoke', role: Role = 'release_manager') {
    return this.as(role).post(`/releases/${release.id}/${verb}`, {}, { 'if-match': `"${release.etag}"` });
  }

  /** Signed by one, published by another. */
  async published(version: string, more: object = {}): Promise<Release> {
    const signed = (await this.step(await this.draft(version, more), 'sign', 'admin')).json();
    return (await this.step(signed, 'publish', 'owner')).json();
  }

  close(): Promise<void> {
    return this.door.close();
  }
}

/** The claims of a compact JWS, unverified. */
export const claimsOf = (jws: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString());
