import type * as routes from '@muster/contracts/configs/configs.routes';
import type { ConfigDocument } from '@muster/contracts/configs/configs.schema';
import { findDocumentFault } from '@muster/domain/devices/check-document';
import { audit } from '@muster/persistence/audit/audit.store';
import { configStore } from '@muster/persistence/configs/config.store';
import { Database, type Tx } from '@muster/persistence/database';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { readDetail } from './configs.service.js';

/** Writing golden configs: drafts may change, published versions never do. Publishing is what reaches devices. */
@Injectable()
export class ConfigVersionsService {
  constructor(
    private readonly database: Database,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  create(call: Call<typeof routes.createConfig>) {
    const { principal, body } = call;
    refuseFaults(body.document);
    const now = this.clock.now();
    return this.database.tenant(principal.tenantId, async (tx) => {
      const { name, layer, selector, policy, document, notes } = body;
      const id = uuidv7();
      const row = await configStore.insert(tx, { id, name, layer, selector, policy, createdBy: principal.name }, now);
      if (row === null) throw new Refusal('already_exists', `There is a golden config named ${name}.`);
      await configStore.putDraft(tx, id, { document, notes, createdBy: principal.name }, now);
      await this.record(tx, call, id, 'config.created', body);
      return readDetail(tx, id);
    });
  }

  patch(call: Call<typeof routes.patchConfig>) {
    const { configId } = call.params;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const { name } = call.body;
      if (name !== undefined && (await configStore.nameTaken(tx, name, configId)))
        throw new Refusal('already_exists', `There is a golden config named ${name}.`);
      await touch(tx, configId, call.ifMatch, call.body);
      await this.record(tx, call, configId, 'config.changed', call.body);
      return readDetail(tx, configId);
    });
  }

  draft(call: Call<typeof routes.addConfigVersion>) {
    const { configId } = call.params;
    refuseFaults(call.body.document);
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await touch(tx, configId, call.ifMatch);
      const draft = { ...call.body, createdBy: call.principal.name };
      const number = await configStore.putDraft(tx, configId, draft, this.clock.now());
      await this.record(tx, call, configId, 'config.drafted', { number, notes: call.body.notes });
      return readDetail(tx, configId);
    });
  }

  publish(call: Call<typeof routes.publishConfig>) {
    const { configId, number } = call.params;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      await touch(tx, configId, call.ifMatch);
      if (!(await configStore.publish(tx, configId, number, this.clock.now()))) {
        if ((await configStore.version(tx, configId, number)) === null)
          throw new Refusal('not_found', `There is no version ${number}.`);
        throw new Refusal('version_immutable', `Version ${number} is published.`);
      }
      await this.record(tx, call, configId, 'config.published', { number });
      return readDetail(tx, configId);
    });
  }

  /** Audit and letter of one step; a draft reaches nobody, so `config.published` alone makes the worker render. */
  private async record(
    tx: Tx,
    { principal, requestId }: Pick<Call<typeof routes.createConfig>, 'principal' | 'requestId'>,
    configId: string,
    action: string,
    after: object,
  ): Promise<void> {
    await audit.append(tx, { actor: actorOf(principal), action, resource: `config:${configId}`, after, requestId });
    const published = action === 'config.published';
    const members = action === 'config.changed';
    const payload = published ? { configId, ...after } : { configId, members };
    const type = published ? 'config.published' : 'config.changed';
    await outbox.drop(tx, { tenantId: principal.tenantId, type, key: configId, payload });
  }
}

const touch = async (tx: Tx, id: string, version: number, patch: Parameters<typeof configStore.touch>[3] = {}) => {
  if (await configStore.touch(tx, id, version, patch)) return;
  const row = await configStore.find(tx, id);
  throw row === null ? Refusal.notFound('config', id) : Refusal.stale(row.version);
};

const refuseFaults = (document: ConfigDocument): void => {
  const fault = findDocumentFault(document);
  if (fault !== null)
    throw new Refusal('validation_failed', undefined, undefined, [
      { pointer: `/body/document${fault.pointer}`, message: fault.message },
    ]);
};
