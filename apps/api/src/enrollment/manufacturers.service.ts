import type * as routes from '@muster/contracts/enrollment/manufacturers.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { type ManufacturerRow, manufacturerStore } from '@muster/persistence/enrollment/manufacturer.store';
import { brokenConstraint } from '@muster/persistence/failures';
import { outbox } from '@muster/persistence/outbox/outbox.store';
import { toPem } from '@muster/pki/der/pem';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf, type Principal } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { checkProof } from './check-proof.js';
import { toManufacturer } from './manufacturers.resource.js';
import { mintLetters } from './mint-letters.js';
import { type ReadAuthority, readAuthority, readHanded } from './read-authority.js';
import { TrustedIssuers } from './trusted-issuers.js';

/** The CA of a manufacturer is often a key in a safe: there is a week to get it out. */
const CHALLENGE_MS = 7 * 86_400_000;

interface Step {
  readonly principal: Principal;
  readonly requestId: string;
  readonly params: { readonly manufacturerId: string };
}

/** Manufacturers whose factory certificates enrol: registered, proven and disabled by people. */
@Injectable()
export class ManufacturersService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    private readonly issuers: TrustedIssuers,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async register({ principal, body, requestId }: Call<typeof routes.registerManufacturer>) {
    const now = this.clock.now();
    const { der, fingerprint, keyHash, keyId } = readAuthority(body.certificate, await this.issuers.keys(), now);
    const { certificate: _, site = null, ...wanted } = body;
    const certificatePem = toPem('CERTIFICATE', der);
    const identity = { id: uuidv7(), certificatePem, fingerprint, keyHash, keyId, createdBy: principal.name };
    return this.#unlessTaken(() =>
      this.database.tenant(principal.tenantId, async (tx) => {
        const row = await manufacturerStore.create(tx, { ...wanted, site, ...identity, ...this.#challenge() }, now);
        const after = { ...wanted, site, fingerprint };
        await record(tx, { principal, requestId, params: { manufacturerId: row.id } }, 'registered', after);
        return toManufacturer(row);
      }),
    );
  }

  list(call: Call<typeof routes.listManufacturers>) {
    const [before = null] = this.paging.after(call) ?? [];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await manufacturerStore.list(tx, before as string | null, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.id], toManufacturer);
    });
  }

  get({ principal, params }: Call<typeof routes.getManufacturer>) {
    return this.database.tenant(principal.tenantId, async (tx) =>
      toManufacturer(found(await manufacturerStore.find(tx, params.manufacturerId), params.manufacturerId)),
    );
  }

  prove(call: Call<typeof routes.proveManufacturer>) {
    const now = this.clock.now();
    return this.#unlessTaken(() =>
      this.#change(call, 'proven', async (tx, row) => {
        const challenge = unprovenChallenge(row);
        if (now >= row.challengeExpiresAt!)
          throw new Refusal('proof_invalid', 'The challenge has ended. Ask for a new one.');
        const fault = checkProof(call.body.certificate, stored(row), challenge);
        if (fault !== undefined) throw new Refusal('proof_invalid', fault);
        await manufacturerStore.prove(tx, row.id, now);
      }),
    );
  }

  renewChallenge(call: Call<typeof routes.renewManufacturerChallenge>) {
    return this.#change(call, 'challenged', async (tx, row) => {
      unprovenChallenge(row);
      const { challenge, challengeExpiresAt } = this.#challenge();
      await manufacturerStore.setChallenge(tx, row.id, challenge, challengeExpiresAt);
    });
  }

  disable(call: Call<typeof routes.disableManufacturer>) {
    return this.#change(call, 'disabled', (tx, row) => manufacturerStore.disable(tx, row.id));
  }

  #change(step: Step, done: string, change: (tx: Tx, row: ManufacturerRow) => Promise<void>) {
    const { manufacturerId } = step.params;
    return this.database.tenant(step.principal.tenantId, async (tx) => {
      const row = found(await manufacturerStore.lock(tx, manufacturerId), manufacturerId);
      await change(tx, row);
      await record(tx, step, done, { name: row.name });
      return toManufacturer((await manufacturerStore.find(tx, manufacturerId))!);
    });
  }

  /** One key lets devices into one tenant only; the answer does not say which. */
  async #unlessTaken<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (fault) {
      if (brokenConstraint(fault)?.startsWith('manufacturers_'))
        throw new Refusal('already_exists', 'A manufacturer with the key of this CA is registered.');
      throw fault;
    }
  }

  #challenge() {
    return {
      challenge: `muster-${mintLetters(32)}`,
      challengeExpiresAt: new Date(this.clock.now().getTime() + CHALLENGE_MS),
    };
  }
}

/** As it was checked when it was registered. */
const stored = ({ certificatePem }: ManufacturerRow): ReadAuthority => {
  const read = readHanded(certificatePem);
  if (typeof read === 'string') throw new Error(`a stored certificate ${read}`);
  return read;
};

const found = (row: ManufacturerRow | null, id: string): ManufacturerRow => {
  if (!row) throw Refusal.notFound('manufacturer', id);
  return row;
};

const unprovenChallenge = ({ state, challenge }: ManufacturerRow): string => {
  if (state === 'unproven' && challenge !== null) return challenge;
  throw new Refusal('transition_refused', `The manufacturer is ${state}.`);
};

const record = async (tx: Tx, { principal, requestId, params }: Step, done: string, after: object) => {
  const { manufacturerId } = params;
  const resource = `manufacturer:${manufacturerId}`;
  await audit.append(tx, { actor: actorOf(principal), action: `manufacturer.${done}`, resource, after, requestId });
  const letter = { tenantId: tx.tenantId!, type: 'enrollment.manufacturer_changed', key: manufacturerId };
  await outbox.drop(tx, { ...letter, payload: { manufacturerId } });
};
