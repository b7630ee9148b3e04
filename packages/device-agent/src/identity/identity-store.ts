import { fingerprintOf } from '@muster/pki/client/device-key';
import type { Credentials, LinkIdentity } from '../link/link.js';
import type { Files } from '../ports/files.js';
import type { Identity } from './identity.js';
import { keyForRequest, NEXT_IDENTITY as NEXT } from './key-for-request.js';

const CURRENT = 'identity/current.json';

/**
 * Two places for an identity. A renewed one waits in `next` and becomes `current` only once the server has acknowledged
 * something sent with it; until then a failed attempt falls back to the old one, so no moment is without a way in.
 */
export class IdentityStore implements Credentials {
  #tryNext = false;

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
    return new IdentityStore(files, current, await readIdentity(files, NEXT));
  }

  /** Stores a first identity. */
  static async create(files: Files, identity: Identity): Promise<IdentityStore> {
    await files.replace(CURRENT, JSON.stringify(identity));
    await files.remove(NEXT);
    return new IdentityStore(files, identity, null);
  }

  get identity(): Identity {
    return this.#tryNext && this.next ? this.next : this.current_;
  }

  get renewing(): boolean {
    return this.next !== null;
  }

  current(): LinkIdentity {
    return this.identity;
  }

  connected(): void {}

  /** The next attempt uses the other identity: an old one that still works beats a new one that does not, and back. */
  failed(): void {
    if (this.next) this.#tryNext = !this.#tryNext;
  }

  /** Fingerprints a command may be bound to: of the current certificate, the coming and the previous one. */
  fingerprints(): string[] {
    const all = [this.current_.certificate, ...(this.next ? [this.next.certificate] : [])].map((pem) =>
      fingerprintOf(pem),
    );
    return this.current_.previousFingerprint ? [...all, this.current_.previousFingerprint] : all;
  }

  /** The key of a renewal, kept until its certificate has come. */
  nextKey(): Promise<string> {
    return keyForRequest(this.files);
  }

  /** Keeps a renewed identity to be tried with the next connection. */
  async stage(identity: Identity): Promise<void> {
    await this.files.replace(NEXT, JSON.stringify(identity));
    this.next = identity;
    this.#tryNext = true;
  }

  /** The server acknowledged something on this session: an identity in trial has proved itself. True when it was one. */
  async proven(): Promise<boolean> {
    if (!this.next || !this.#tryNext) return false;
    const proven = this.next;
    await this.files.replace(CURRENT, JSON.stringify(proven));
    this.current_ = proven;
    this.next = null;
    this.#tryNext = false;
    await this.files.remove(NEXT);
    return true;
  }

  /** Changes what the server told about trust, in whichever identity is in use. */
  async amend(change: Partial<Pick<Identity, 'trust' | 'trustBundle' | 'renew' | 'heartbeatS'>>): Promise<void> {
    this.current_ = { ...this.current_, ...change };
    await this.files.replace(CURRENT, JSON.stringify(this.current_));
    if (!this.next) return;
    this.next = { ...this.next, ...change };
    await this.files.replace(NEXT, JSON.stringify(this.next));
  }
}

/** A key alone, written ahead of its certificate, is not an identity yet. */
async function readIdentity(files: Files, path: string): Promise<Identity | null> {
  const bytes = await files.read(path);
  if (!bytes) return null;
  const stored = JSON.parse(bytes.toString()) as Partial<Identity>;
  return stored.certificate ? (stored as Identity) : null;
}
