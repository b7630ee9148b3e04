import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueAnchor } from '@muster/pki/authority/issue-cross';
import { issueServerLeaf, issueServiceLeaf } from '@muster/pki/authority/issue-leaf';
import { splitBundle } from '@muster/pki/der/pem';
import { writeAtomically } from '@muster/pki/keys/atomic-file';
import type { Clock } from '@muster/runtime/clock/clock';
import type { CrlPublisher } from '../certificates/crl-publisher.js';
import type { DoorTls } from '../device-door/device.app.js';
import type { IssuingAuthority } from '../trust/hierarchy.js';
import type { IdentityDoor } from '../trust/identity-door.js';
import { ensureCertificate } from './server-identity.js';

export interface TrustFilesOptions {
  /** `<data>/tls`. */
  readonly folder: string;
  /** Names by which our servers are reached; the first becomes the common name. */
  readonly apiHosts: readonly [string, ...string[]];
  readonly brokerHosts: readonly [string, ...string[]];
}

/** The CN of the worker at an external broker; its ACL names it. */
export const WORKER_SERVICE = 'muster-worker';

/**
 * What our processes and an external broker read from `<data>/tls`: certificates of api, broker and our services, the root, the
 * trust list and the revocation lists. Only the api signs, so it writes them all; the others read.
 */
export class TrustFiles {
  constructor(
    private readonly door: IdentityDoor,
    private readonly crls: CrlPublisher,
    private readonly clock: Clock,
    private readonly options: TrustFilesOptions,
  ) {}

  /** Brings every file up to date; returns what the device door listens with. */
  async refresh(): Promise<DoorTls> {
    const { folder } = this.options;
    const { hierarchy, bundles } = this.door;
    this.door.forget();
    await hierarchy.prepare();
    await bundles.prepare();
    const server = await hierarchy.issuing('server', null);
    const service = await hierarchy.issuing('service', null);
    const view = await hierarchy.view();
    const rows = await hierarchy.listTrusted();
    const rowOf = ({ id }: { readonly id: string }) => rows.find((row) => row.id === id)!;
    const serverChain = view.serverChain(rowOf(server));
    const now = this.clock.now();
    const ofServer = (name: string, hosts: readonly [string, ...string[]]) => ({
      name,
      hosts,
      chain: serverChain,
      issue: (publicKey: Parameters<typeof issueServerLeaf>[1]['publicKey']) =>
        issueServerLeaf(server, { hosts, publicKey }, { now }),
    });
    const api = await ensureCertificate(folder, ofServer('api', this.options.apiHosts), now);
    await ensureCertificate(folder, ofServer('broker', this.options.brokerHosts), now);
    const { domain } = hierarchy.options;
    await ensureCertificate(
      folder,
      {
        name: 'service',
        hosts: [],
        chain: view.certificatesOf(rowOf(service)).slice(0, 1),
        issue: (publicKey) => issueServiceLeaf(service, { domain, name: WORKER_SERVICE, publicKey }, { now }),
      },
      now,
    );
    const ca = view.brokerTrust().join('');
    const roots = view.roots().map(({ certificatePem }) => certificatePem);
    await Promise.all([
      writeIfNew(join(folder, 'root.pem'), roots.join('')),
      writeIfNew(join(folder, 'broker-trust.pem'), ca),
      keepAnchor(join(folder, 'service-trust.pem'), service, now),
      writeIfNew(join(folder, 'broker.crl'), await this.crls.bundle()),
    ]);
    return { ...api, ca };
  }
}

/**
 * The one anchor of a broker's door for our own processes. With the root there, a device or a claim certificate would be let
 * in too, and could end the session of any device by taking its client id.
 */
const keepAnchor = async (path: string, authority: IssuingAuthority, now: Date): Promise<void> => {
  const [existing] = splitBundle(await readFile(path, 'utf8').catch(() => ''));
  const anchor = existing === undefined ? null : new X509Certificate(existing);
  if (anchor?.publicKey.equals(authority.signer.publicKey()) && anchor.validToDate > now) return;
  await writeAtomically(path, await issueAnchor(authority, now), 0o644);
};

/** Readers watch these files: one that says the same is left alone. */
const writeIfNew = async (path: string, content: string): Promise<void> => {
  const existing = await readFile(path, 'utf8').catch(() => '');
  if (existing !== content) await writeAtomically(path, content, 0o644);
};
