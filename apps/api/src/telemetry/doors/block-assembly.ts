import type { Clock } from '@muster/runtime/clock/clock';
import type { Block, CoapAnswer } from './coap-message.js';

interface Transfer {
  parts: Buffer[];
  /** Every block that still comes is answered so, since some clients go on to the last one. */
  tooLarge: boolean;
  bytes: number;
  /** Bytes before the last block, so that a block that comes twice is known. */
  before: number;
  heardAt: number;
}

export interface AssemblyLimits {
  readonly transfers: number;
  readonly bytes: number;
}

/** A client sends its next block within this time or begins again: twice the span of its own repeats (RFC 7252 4.8.2). */
const PATIENCE_MS = 90_000;

/**
 * Bodies that come in blocks (RFC 7959 2.5), one at a time from each endpoint and path, whatever the token: the blocks of
 * one body may have different ones. Anybody may send a first block, so number and size are bounded before anything is proven.
 */
export class BlockAssembly {
  readonly #transfers = new Map<string, Transfer>();

  constructor(
    private readonly clock: Clock,
    private readonly limits: AssemblyLimits,
  ) {}

  get size(): number {
    return this.#transfers.size;
  }

  /** The whole body with its last block, or what to answer to this block. */
  add(key: string, block: Block, payload: Buffer): Buffer | CoapAnswer {
    if (block.more && payload.length !== block.size) return { code: '4.00' };
    if (payload.length > block.size) return { code: '4.00' };
    const now = this.clock.monotonic();
    const known = this.#transfers.get(key);
    if (known !== undefined && block.offset === known.before && block.more && known.before > 0) return goOn(block);
    const transfer = block.offset === 0 ? this.#begin(key, now) : known;
    if (transfer === null) return { code: '5.03', maxAgeS: 30 };
    if (transfer === undefined) return { code: '4.08' };
    if (transfer.tooLarge || block.offset + payload.length > this.limits.bytes)
      return this.#tooLarge(key, transfer, block);
    if (transfer.bytes !== block.offset) return { code: '4.08' };
    transfer.parts.push(payload);
    transfer.before = transfer.bytes;
    transfer.bytes += payload.length;
    transfer.heardAt = now;
    if (block.more) return goOn(block);
    this.#transfers.delete(key);
    return Buffer.concat(transfer.parts);
  }

  #tooLarge(key: string, transfer: Transfer, { more }: Block): CoapAnswer {
    transfer.tooLarge = true;
    transfer.parts = [];
    if (!more) this.#transfers.delete(key);
    return { code: '4.13', size1: this.limits.bytes };
  }

  #begin(key: string, now: number): Transfer | null {
    this.#transfers.delete(key);
    if (this.#transfers.size >= this.limits.transfers)
      for (const [other, { heardAt }] of this.#transfers)
        if (now - heardAt > PATIENCE_MS) this.#transfers.delete(other);
    if (this.#transfers.size >= this.limits.transfers) return null;
    const transfer = { parts: [], tooLarge: false, bytes: 0, before: 0, heardAt: now };
    this.#transfers.set(key, transfer);
    return transfer;
  }
}

const goOn = ({ raw }: Block): CoapAnswer => ({ code: '2.31', block: raw });
