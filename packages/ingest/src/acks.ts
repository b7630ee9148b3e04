import type { ProblemCode } from '@muster/contracts/problem';

/** Nest injection token of how a door tells devices what is committed. */
export const ACKS = Symbol('acknowledgements');

export interface Addressee {
  readonly tenant: string;
  readonly deviceId: string;
}

/**
 * Application acknowledgements of one door, called after the commit: stored, duplicate and dead-lettered all count.
 * `device` is the message the door handed in, or a copy of it: a door may send its own address along.
 */
export interface Acks {
  committed(device: Addressee, stream: string, epoch: number, seqNo: number): void;
  /** The message is committed, to the dead letters, and was refused with `code`. */
  refused(device: Addressee, stream: string, epoch: number, seqNo: number, code: ProblemCode): void;
  /** The device shall send nothing more on the stream before `pauseUntilMs`, wall-clock ms. Says nothing of any message. */
  paused(device: Addressee, stream: string, epoch: number, pauseUntilMs: number): void;
}
