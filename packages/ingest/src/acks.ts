import type { ProblemCode } from '@muster/contracts/problem';

/** Nest injection token of how a door tells devices what is committed. */
export const ACKS = Symbol('acknowledgements');

export interface Addressee {
  readonly tenant: string;
  readonly deviceId: string;
}

/** Application acknowledgements of one door, called after the commit: stored, duplicate and dead-lettered all count. */
export interface Acks {
  committed(device: Addressee, stream: string, epoch: number, seqNo: number): void;
  /** The message is committed, to the dead letters, and was refused with `code`. */
  refused(device: Addressee, stream: string, epoch: number, seqNo: number, code: ProblemCode): void;
}
