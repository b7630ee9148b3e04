/** A strict DER reader (X.690) for bytes that strangers send: bounded in size, depth and count; never recovers. */

export class DerFault extends Error {
  override name = 'DerFault';
}

export interface DerNode {
  readonly tag: number;
  /** Content bytes. */
  readonly value: Buffer;
  /** The whole element: what a signature covers. */
  readonly raw: Buffer;
  /** Parsed elements of a constructed node, else empty. */
  readonly children: readonly DerNode[];
}

const limits = { bytes: 64 * 1024, depth: 16, nodes: 2_000 };

/** Reads exactly one element that fills `bytes`. Throws DerFault on anything DER forbids, trailing bytes included. */
export const readDer = (bytes: Buffer): DerNode => {
  if (bytes.length > limits.bytes) throw new DerFault('too large');
  const count = { nodes: 0 };
  const node = readNode(bytes, 0, 1, count);
  if (node.raw.length !== bytes.length) throw new DerFault('trailing bytes');
  return node;
};

const readNode = (bytes: Buffer, at: number, depth: number, count: { nodes: number }): DerNode => {
  if (depth > limits.depth) throw new DerFault('nested too deeply');
  if (++count.nodes > limits.nodes) throw new DerFault('too many elements');
  const tag = bytes[at];
  if (tag === undefined) throw new DerFault('ends early');
  if ((tag & 0x1f) === 0x1f) throw new DerFault('multi-byte tag');
  const { start, end } = readLength(bytes, at + 1);
  const value = bytes.subarray(start, end);
  const children: DerNode[] = [];
  if ((tag & 0x20) !== 0) {
    for (let next = start; next < end; ) {
      const child = readNode(bytes.subarray(0, end), next, depth + 1, count);
      children.push(child);
      next += child.raw.length;
    }
  }
  checkForm(tag, value);
  return { tag, value, raw: bytes.subarray(at, end), children };
};

const readLength = (bytes: Buffer, at: number): { start: number; end: number } => {
  const first = bytes[at];
  if (first === undefined) throw new DerFault('ends early');
  let size = first;
  let start = at + 1;
  if (first === 0x80) throw new DerFault('indefinite length');
  if (first > 0x80) {
    const octets = first & 0x7f;
    if (octets > 3) throw new DerFault('length too long');
    if (start + octets > bytes.length) throw new DerFault('ends early');
    size = bytes.readUIntBE(start, octets);
    start += octets;
    if (size < 0x80 || size < 2 ** (8 * (octets - 1))) throw new DerFault('length not minimal');
  }
  if (start + size > bytes.length) throw new DerFault('ends early');
  return { start, end: start + size };
};

const checkForm = (tag: number, value: Buffer): void => {
  const universal = (tag & 0xc0) === 0;
  if (!universal) return;
  const constructed = (tag & 0x20) !== 0;
  const type = tag & 0x1f;
  // DER strings are primitive (X.690 10.2); only SEQUENCE and SET are constructed.
  if (constructed !== (type === 0x10 || type === 0x11)) throw new DerFault('wrong form for its type');
  if (type === 0x01 && (value.length !== 1 || (value[0] !== 0 && value[0] !== 0xff))) throw new DerFault('BOOLEAN');
  if (type === 0x02) checkInteger(value);
  if (type === 0x03 && (value.length === 0 || value[0]! > 7)) throw new DerFault('BIT STRING');
};

const checkInteger = (value: Buffer): void => {
  if (value.length === 0) throw new DerFault('INTEGER is empty');
  const [first, second] = value;
  if (value.length > 1 && ((first === 0 && second! < 0x80) || (first === 0xff && second! >= 0x80))) {
    throw new DerFault('INTEGER not minimal');
  }
};

/** The child at `index`, which must carry `tag`. */
export const childAt = (node: DerNode, index: number, tag?: number): DerNode => {
  const child = node.children[index];
  if (!child || (tag !== undefined && child.tag !== tag)) throw new DerFault('unexpected structure');
  return child;
};

export const expectTag = (node: DerNode, tag: number): DerNode => {
  if (node.tag !== tag) throw new DerFault('unexpected structure');
  return node;
};

/** Dotted form of an OBJECT IDENTIFIER; arcs beyond 2^53 are refused. */
export const readOid = (node: DerNode): string => {
  expectTag(node, 0x06);
  const arcs: number[] = [];
  let arc = 0;
  for (const [i, byte] of node.value.entries()) {
    if (arc === 0 && byte === 0x80) throw new DerFault('OID not minimal');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) throw new DerFault('OID arc too large');
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    } else if (i === node.value.length - 1) throw new DerFault('OID ends early');
  }
  if (arcs.length === 0) throw new DerFault('OID is empty');
  const [head, ...rest] = arcs as [number, ...number[]];
  const first = Math.min(2, Math.floor(head / 40));
  return [first, head - first * 40, ...rest].join('.');
};

/** A small non-negative INTEGER (version, path length). */
export const readSmallInteger = (node: DerNode): number => {
  expectTag(node, 0x02);
  if (node.value.length > 4 || node.value[0]! >= 0x80) throw new DerFault('INTEGER out of range');
  return node.value.readUIntBE(0, node.value.length);
};

/** UTCTime or GeneralizedTime in the one form RFC 5280 4.1.2.5 allows (seconds, Z). */
export const readTime = (node: DerNode): Date => {
  const text = node.value.toString('latin1');
  const full =
    node.tag === 0x17 && /^\d{12}Z$/.test(text)
      ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`
      : node.tag === 0x18 && /^\d{14}Z$/.test(text)
        ? text
        : undefined;
  const at = full && new Date(full.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6.000Z'));
  if (!at || Number.isNaN(at.getTime())) throw new DerFault('time');
  return at;
};

/** The bits that are set, counted from the most significant (keyUsage: digitalSignature is 0, keyCertSign is 5). */
export const readBits = (node: DerNode): number[] => {
  expectTag(node, 0x03);
  const bits: number[] = [];
  for (let i = 0; i < (node.value.length - 1) * 8; i++) {
    if (node.value[1 + (i >> 3)]! & (0x80 >> (i & 7))) bits.push(i);
  }
  return bits;
};
