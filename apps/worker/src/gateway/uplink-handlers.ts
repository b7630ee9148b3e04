import type { UplinkMessage } from '@muster/ingest/uplink';
import { Injectable } from '@nestjs/common';

/** Resolves when the message is committed. */
export type UplinkHandler = (message: UplinkMessage) => Promise<void>;

/** The way into the pipeline for what does not come from a broker: dead letters that are replayed. */
@Injectable()
export class UplinkHandlers {
  #handler: UplinkHandler | null = null;

  /** Called by the transport once Nest has given it the consumers. */
  open(handler: UplinkHandler): void {
    this.#handler = handler;
  }

  handle(message: UplinkMessage): Promise<void> {
    if (this.#handler === null) throw new Error('the transport does not run yet');
    return this.#handler(message);
  }
}
