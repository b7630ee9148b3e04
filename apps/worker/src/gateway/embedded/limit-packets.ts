import type { Readable } from 'node:stream';

/** Reads the fixed headers of an MQTT byte stream (MQTT 3.1.1 2.2) and nothing else. */
export class PacketMeter {
  /** Bytes of the packet's body that are still to come. */
  #body = 0;
  #inHeader = false;
  #length = 0;
  #shift = 0;

  constructor(private readonly most: number) {}

  /** False from the chunk on in which a packet longer than allowed is announced. */
  accepts(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length; ) {
      if (this.#body > 0) {
        const taken = Math.min(this.#body, chunk.length - at);
        this.#body -= taken;
        at += taken;
        continue;
      }
      const byte = chunk[at++]!;
      if (!this.#inHeader) {
        this.#inHeader = true;
        this.#length = 0;
        this.#shift = 0;
        continue;
      }
      this.#length += (byte & 0x7f) * 2 ** this.#shift;
      this.#shift += 7;
      if (this.#length > this.most || this.#shift > 28) return false;
      if (byte & 0x80) continue;
      this.#inHeader = false;
      this.#body = this.#length;
    }
    return true;
  }
}

/**
 * Destroys the connection that announces a packet longer than `most`. Aedes would collect all of it, up to 256 MB, before
 * anybody could refuse it. While `mayRead` says no, what has come stays in the connection and so with the peer; emit
 * `readable` when it says yes again.
 */
export const limitPackets = (
  connection: Readable,
  most: number,
  onExceeded: () => void,
  mayRead: () => boolean = () => true,
): void => {
  const meter = new PacketMeter(most);
  const read = connection.read.bind(connection);
  connection.read = (size?: number) => {
    if (!mayRead()) return null;
    const chunk = read(size) as Buffer | null;
    if (chunk === null || meter.accepts(chunk)) return chunk;
    onExceeded();
    connection.destroy();
    return null;
  };
};
