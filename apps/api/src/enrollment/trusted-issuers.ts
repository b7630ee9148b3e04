import { createHash, X509Certificate } from 'node:crypto';
import type { TrustedBootstrap } from '@muster/pki/path/validate-bootstrap-path';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { IdentityDoor } from '../trust/identity-door.js';

const KNOWN_MS = 5_000;

interface Known {
  readonly bootstrap: TrustedBootstrap;
  readonly keys: ReadonlySet<string>;
}

/** Our own authorities as enrolment needs them; a few seconds behind the database. */
@Injectable()
export class TrustedIssuers {
  #known: { readonly until: number; readonly value: Promise<Known> } | null = null;

  constructor(
    private readonly door: IdentityDoor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What claim certificates are validated against. */
  async bootstrap(): Promise<TrustedBootstrap> {
    return (await this.#load()).bootstrap;
  }

  /** SHA-256 of the public keys of our own authorities, hex: no device and no manufacturer has one of them. */
  async keys(): Promise<ReadonlySet<string>> {
    return (await this.#load()).keys;
  }

  #load(): Promise<Known> {
    const now = this.clock.monotonic();
    if (this.#known && this.#known.until > now) return this.#known.value;
    const value = this.#read();
    this.#known = { until: now + KNOWN_MS, value };
    value.catch(() => {
      this.#known = null;
    });
    return value;
  }

  async #read(): Promise<Known> {
    const rows = await this.door.hierarchy.listTrusted();
    const read = rows.map(({ certificatePem }) => ({ certificate: new X509Certificate(certificatePem) }));
    const view = await this.door.hierarchy.view();
    const { domain } = this.door.hierarchy.options;
    return {
      bootstrap: { domain, roots: view.anchors(), authorities: view.issuers('bootstrap') },
      keys: new Set(read.map(({ certificate }) => keySha256(certificate))),
    };
  }
}

const keySha256 = ({ publicKey }: X509Certificate): string =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
