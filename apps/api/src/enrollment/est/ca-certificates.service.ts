import { X509Certificate } from 'node:crypto';
import { Database } from '@muster/persistence/database';
import { authorityStore } from '@muster/persistence/trust/authority.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { Refusal } from '../../http/refusal.js';
import { IdentityDoor } from '../../trust/identity-door.js';

/** What a device of a tenant may trust and build paths with. */
export interface CaCertificates {
  /** The tenant the label names; the only one there is where there was no label. */
  readonly tenant: string | null;
  /** DER: roots, the tenant's device authorities, and what joins their generations. */
  readonly certificates: readonly Buffer[];
  readonly deviceAuthorityIds: readonly string[];
}

const KNOWN_MS = 5_000;

/** The authorities of a tenant as EST hands them out, a few seconds behind the database because anyone may ask. */
@Injectable()
export class CaCertificatesService {
  readonly #known = new Map<string, { readonly at: number; readonly value: CaCertificates }>();

  constructor(
    private readonly database: Database,
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Without a label an installation of one tenant means that tenant; one of many gives its roots and names nobody.
   * @throws Refusal not_found for a label that names no tenant
   */
  async of(label: string | null): Promise<CaCertificates> {
    const key = label ?? '';
    const known = this.#known.get(key);
    if (known && this.clock.monotonic() - known.at < KNOWN_MS) return known.value;
    const tenants = await this.database.system((tx) => authorityStore.listTenants(tx));
    if (label !== null && !tenants.includes(label)) throw Refusal.notFound('label');
    const value = await this.#load(label ?? (tenants.length === 1 ? tenants[0]! : null));
    // Only labels that name a tenant get here, so the map is as small as the installation.
    this.#known.set(key, { at: this.clock.monotonic(), value });
    return value;
  }

  async #load(tenantId: string | null): Promise<CaCertificates> {
    // Made on first need: a tenant of this minute has an authority before anybody asks what it is.
    if (tenantId !== null) await this.door.hierarchy.issuing('device', tenantId);
    const rows = await this.door.hierarchy.listTrusted();
    const own = rows.filter((row) => row.kind === 'device' && row.tenantId === tenantId);
    const pems = (await this.door.hierarchy.view()).cacerts(tenantId);
    return {
      tenant: tenantId,
      certificates: pems.map((pem) => new X509Certificate(pem).raw),
      deviceAuthorityIds: own.map(({ id }) => id),
    };
  }
}
