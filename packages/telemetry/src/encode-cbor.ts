/**
 * Writes what JSON can say as CBOR (RFC 8949): maps in the order of their fields, whole numbers as integers, others as the
 * shortest float that keeps them. A field that is undefined is left out, as JSON does.
 */
export function encodeCbor(item: unknown): Buffer {
  const parts = new Writer();
  parts.item(item);
  return parts.bytes();
}

class Writer {
  #buffer = Buffer.allocUnsafe(1024);
  #end = 0;

  bytes(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#end));
  }

  item(item: unknown): void {
    if (typeof item === 'number') this.#number(item);
    else if (typeof item === 'string') this.#text(item);
    else if (item === null) this.#byte(0xf6);
    else if (typeof item === 'boolean') this.#byte(item ? 0xf5 : 0xf4);
    else if (Array.isArray(item)) {
      this.#head(4, item.length);
      for (const one of item) this.item(one ?? null);
    } else if (typeof item === 'object') this.#map(item);
    else throw new TypeError(`${typeof item} has no place in a message`);
  }

  #map(item: object): void {
    const fields = Object.entries(item).filter(([, value]) => value !== undefined);
    this.#head(5, fields.length);
    for (const [key, value] of fields) {
      this.#text(key);
      this.item(value);
    }
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#head(3, length);
    this.#room(length);
    this.#end += this.#buffer.write(text, this.#end);
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.#head(0, value);
      else this.#head(1, -1 - value);
    } else if (Math.fround(value) === value || Number.isNaN(value)) {
      this.#byte(0xfa);
      this.#room(4);
      this.#end = this.#buffer.writeFloatBE(value, this.#end);
    } else {
      this.#byte(0xfb);
      this.#room(8);
      this.#end = this.#buffer.writeDoubleBE(value, this.#end);
    }
  }

  #head(major: number, argument: number): void {
    this.#room(9);
    const initial = major << 5;
    if (argument < 24) this.#end = this.#buffer.writeUInt8(initial | argument, this.#end);
    else if (argument < 0x100) this.#end = this.#buffer.writeUInt16BE(((initial | 24) << 8) | argument, this.#end);
    else if (argument < 0x1_0000) {
      this.#byte(initial | 25);
      this.#end = this.#buffer.writeUInt16BE(argument, this.#end);
    } else if (argument < 0x1_0000_0000) {
      this.#byte(initial | 26);
      this.#end = this.#buffer.writeUInt32BE(argument, this.#end);
    } else {
      this.#byte(initial | 27);
      this.#end = this.#buffer.writeBigUInt64BE(BigInt(argument), this.#end);
    }
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#buffer[this.#end++] = byte;
  }

  #room(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return;
    const wider = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#end + bytes + 9));
    this.#buffer.copy(wider, 0, 0, this.#end);
    this.#buffer = wider;
  }
}
