import { fingerprintOf } from '@muster/pki/client/device-key';
import type { Credentials, LinkIdentity } from '../link/link.js';
import type { Files } from '../ports/files.js';
import type { Identity, Trust } from './identity.js';
import { dropRequest, NEXT_IDENTITY as NEXT, type OpenRequest, openRequest } from './open-request.js';

const CURRENT = 'identity/current.json';

/**
 * Two places for an identity. A renewed one waits in `next` and becomes `current` only once the server has acknowledged
 * something sent with it; until then a failed attempt falls back to the old one, so no moment is without a way in. Whom
 * the device believes stands in `current` alone: one replaced file, whatever waits in `next`.
 */
export class IdentityStore implements Credentials {
  #tryNext = false;
  /** The certificate of the session that stands. */
  #session: string | null = null;
  #tail: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly files: Files,
    private current_: Identity,
    private next: Identity | null,
  ) {
    this.#tryNext = next !== null;
  }

  /** The stored identity, or null when this device has not enrolled. */
  static async open(files: Files): Promise<IdentityStore | null> {
    const current = await readIdentity(files, CURRENT);
    if (!current) return null;
    const next = await readIdentity(files, NEXT);
    // Power failed after the next one had become the current one.
    if (next?.certificate !== current.certificate) return new IdentityStore(files, current, next);
    await files.remove(NEXT);
    return new IdentityStore(files, current, null);
  }

  /** Stores a first identity. */
  static async create(files: Files, identity: Identity): Promise<IdentityStore> {
    await files.replace(CURRENT, JSON.stringify(identity));
    await files.remove(NEXT);
    return new IdentityStore(files, identity, null);
  }

  get identity(): Identity {
    return this.#tryNext && this.next ? { ...this.next, ...trustIn(this.current_) } : this.current_;
  }

  get renewing(): boolean {
    return this.next !== null;
  }

  /** The one that waits for its proof, whichever is in use; null when none does. */
  get trial(): Identity | null {
    return this.next && { ...this.next, ...trustIn(this.current_) };
  }

  /** The one that has proved itself. */
  get settled(): Identity {
    return this.current_;
  }

  current(): LinkIdentity {
    return this.identity;
  }

  connected({ certificate }: LinkIdentity): void {
    this.#session = certificate;
  }

  /** The next attempt uses the other identity: an old one that still works beats a new one that does not, and back. */
  failed(): void {
    this.#session = null;
    if (this.next) this.#tryNext = !this.#tryNext;
  }

  /** Fingerprints a command may be bound to: of the current certificate, the coming and the previous one. */
  fingerprints(): string[] {
    const all = [this.current_.certificate, ...(this.next ? [this.next.certificate] : [])].map((pem) =>
      fingerprintOf(pem),
    );
    return this.current_.previousFingerprint ? [...all, this.current_.previousFingerprint] : all;
  }

  /** The request of a renewal, kept until its certificate has come. */
  nextRequest(): Promise<OpenRequest> {
    const { deviceId, key } = this.current_;
    return openRequest(this.files, { of: { deviceId, key } });
  }

  /** The server will never grant the request under way: the next one has another key. */
  dropRequest(): Promise<void> {
    return dropRequest(this.files);
  }

  /** Keeps a renewed identity to be tried with the next connection. */
  stage(identity: Identity): Promise<void> {
    return this.#inTurn(async () => {
      await this.files.replace(NEXT, JSON.stringify(identity));
      this.next = identity;
      this.#tryNext = true;
    });
  }

  /** The next connection tries the identity in trial again. */
  tryAgain(): void {
    this.#tryNext = this.next !== null;
  }

  /** The server has accepted the identity in trial, by whatever way. True when there was one. */
  settle(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.next) return false;
      const proven = { ...this.next, ...trustIn(this.current_) };
      await this.files.replace(CURRENT, JSON.stringify(proven));
      this.current_ = proven;
      this.next = null;
      this.#tryNext = false;
      await this.files.remove(NEXT);
      return true;
    });
  }

  /** The server acknowledged something on this session: an identity in trial has proved itself. True when it was one. */
  async proven(): Promise<boolean> {
    return this.next !== null && this.#session === this.next.certificate && (await this.settle());
  }

  /** The server said that the identity in trial is none of its own: the old one is all there is. */
  abandon(): Promise<void> {
    return this.#inTurn(async () => {
      this.next = null;
      this.#tryNext = false;
      await this.files.remove(NEXT);
    });
  }

  /** Changes what the server told. A window is that of the certificate in use. */
  amend(change: Partial<Trust & Pick<Identity, 'renew' | 'heartbeatS' | 'serverTime'>>): Promise<void> {
    return this.#inTurn(async () => {
      const { renew, ...rest } = change;
      const inTrial = this.#tryNext ? this.next : null;
      const amended = { ...this.current_, ...rest, ...(renew && !inTrial && { renew }) };
      await this.files.replace(CURRENT, JSON.stringify(amended));
      this.current_ = amended;
      if (!renew || !inTrial) return;
      this.next = { ...inTrial, renew };
      await this.files.replace(NEXT, JSON.stringify(this.next));
    });
  }

  /** Two writes of one file at once could leave the older of them behind. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}

const trustIn = ({ root, trust, trustBundle, trustSigned }: Identity): Trust => ({
  root,
  trust,
  trustBundle,
  ...(trustSigned && { trustSigned }),
});

/** A request alone, written ahead of its certificate, is not an identity yet. */
async function readIdentity(files: Files, path: string): Promise<Identity | null> {
  const bytes = await files.read(path);
  if (!bytes) return null;
  const stored = JSON.parse(bytes.toString()) as Partial<Identity>;
  return stored.certificate ? (stored as Identity) : null;
}
