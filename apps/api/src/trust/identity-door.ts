import { WHOLE } from '@muster/domain/certificates/crl-shard';
import type { BundleMaker } from './bundle-maker.js';
import type { Hierarchy } from './hierarchy.js';
import type { SigningKeys } from './signing-keys.js';

/** Where devices and people reach this installation. */
export interface PublicUrls {
  /** Console, agent download and revocation lists. */
  readonly consoleUrl: string;
  /** Device API over mutual TLS. */
  readonly deviceUrl: string;
  readonly mqttUrl: string;
}

/** All that giving out identities needs beside the database; made once by the process. */
export class IdentityDoor {
  constructor(
    readonly hierarchy: Hierarchy,
    readonly signingKeys: SigningKeys,
    readonly bundles: BundleMaker,
    readonly urls: PublicUrls,
    /** Life of device certificates in milliseconds; the profile's 90 days when undefined. */
    readonly leafLife?: number,
  ) {}

  /** Looks everything up anew: who issues, who is trusted, who signs. */
  forget(): void {
    this.hierarchy.forget();
    this.signingKeys.forget();
    this.bundles.forget();
  }

  /** The list of everything, and the only one of an authority with one shard, keeps the address it always had. */
  crlUri(authorityId: string, shard: number = WHOLE, shards = 1): string {
    return `${this.urls.consoleUrl}/crl/${authorityId}${shards === 1 || shard === WHOLE ? '' : `-${shard}`}.crl`;
  }

  ocspUri(authorityId: string): string {
    return `${this.urls.consoleUrl}/ocsp/${authorityId}`;
  }

  /** The authority's own certificate, DER (RFC 5280 4.2.2.1). */
  issuerUri(authorityId: string): string {
    return `${this.urls.consoleUrl}/ca/${authorityId}.cer`;
  }
}
