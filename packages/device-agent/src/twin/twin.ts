import type { TwinDelta } from '@muster/contracts/mqtt/downlink';
import type { TwinReport } from '@muster/contracts/mqtt/uplink';
import { findDocumentFault } from '@muster/domain/devices/check-document';
import { isDocument, mergeDocument, sameValue, type TwinDocument } from '@muster/domain/devices/merge-twin';
import type { Verdicts } from '../configs/apply-config.js';
import type { Document } from '../ports/document.js';

/** What survives a restart: what was asked, what was made of it, and how often we told. */
export interface TwinState {
  desiredVersion: number;
  desired: TwinDocument;
  /** The configuration in force, as it is reported. */
  applied: TwinDocument;
  verdicts: Verdicts;
  reportedVersion: number;
}

export const emptyTwin: TwinState = { desiredVersion: 0, desired: {}, applied: {}, verdicts: {}, reportedVersion: 0 };

/** Puts a desired configuration into force; says what became of each key and what is in force now. */
export type ApplyConfig = (
  desired: TwinDocument,
  inForce: TwinDocument,
) => Promise<{ applied: TwinDocument; verdicts: Verdicts }>;

/** Omit would lose the named keys of a schema that tolerates unknown ones. */
export type TwinBody = Pick<TwinReport, 'desiredVersion' | 'version' | 'reported' | 'acks' | 'needFull'>;

/**
 * The device's side of the twin. A delta is merged only onto the version it was made for; anything else is answered
 * `needFull`, and a full document arrives as a delta from version 0.
 */
export class Twin {
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly state: Document<TwinState>,
    private readonly apply: ApplyConfig,
    /** Facts about the device that stand beside the configuration in the report. */
    private readonly facts: () => TwinDocument,
  ) {}

  get desiredVersion(): number {
    return this.state.value.desiredVersion;
  }

  get applied(): TwinDocument {
    return this.state.value.applied;
  }

  /** Takes a delta and answers with the report to send. */
  receive(delta: TwinDelta): Promise<TwinBody> {
    return this.#inTurn(async () => {
      const { desiredVersion, desired } = this.state.value;
      if (delta.version <= desiredVersion && delta.baseVersion !== 0) return this.#report();
      if (delta.baseVersion !== 0 && delta.baseVersion !== desiredVersion) return this.#needFull();
      const wanted = mergeDocument(delta.baseVersion === 0 ? {} : desired, delta.patch as TwinDocument);
      // The patch is looked at by itself too: a key such as __proto__ disappears from sight once it is merged.
      const fault = findDocumentFault(delta.patch) ?? findDocumentFault(wanted);
      if (fault) return this.#refuse(delta.version, `${fault.pointer} ${fault.message}`);
      const config = isDocument(wanted.config) ? wanted.config : {};
      // The same document again is how the server asks for what was changed here by hand to be put back.
      const inForce = sameValue(config, this.state.value.applied);
      if (delta.version === desiredVersion && sameValue(wanted, desired) && inForce) return this.#report();
      const outcome = await this.apply(config, this.state.value.applied);
      await this.state.set({ ...this.state.value, desiredVersion: delta.version, desired: wanted, ...outcome });
      return this.#report();
    });
  }

  /** Puts the stored configuration into force after a start. */
  restore(): Promise<void> {
    return this.#inTurn(async () => {
      const { applied } = this.state.value;
      if (Object.keys(applied).length > 0) await this.apply(applied, applied);
    });
  }

  /** Somebody changed the configuration at the device itself: it is in force and will be reported as it is. */
  editedByHand(config: TwinDocument): Promise<TwinBody> {
    return this.#inTurn(async () => {
      const { applied } = await this.apply(mergeDocument(this.state.value.applied, config), this.state.value.applied);
      await this.state.set({ ...this.state.value, applied });
      return this.#report();
    });
  }

  report(): Promise<TwinBody> {
    return this.#inTurn(() => this.#report());
  }

  async #report(): Promise<TwinBody> {
    const reportedVersion = this.state.value.reportedVersion + 1;
    await this.state.set({ ...this.state.value, reportedVersion });
    const { desiredVersion, applied, verdicts } = this.state.value;
    return {
      desiredVersion,
      version: reportedVersion,
      reported: { config: applied, ...this.facts() },
      ...(Object.keys(verdicts).length > 0 && { acks: verdicts }),
    };
  }

  async #needFull(): Promise<TwinBody> {
    return { ...(await this.#report()), needFull: true };
  }

  /** A document that may not be stored is answered as rejected whole, so that the server does not send it for ever. */
  async #refuse(version: number, detail: string): Promise<TwinBody> {
    const verdicts: Verdicts = { '/config': { verdict: 'rejected', detail } };
    await this.state.set({ ...this.state.value, desiredVersion: version, verdicts });
    return this.#report();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => undefined);
    return turn;
  }
}
