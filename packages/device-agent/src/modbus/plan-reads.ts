import type { Table } from './pdu.js';

/** Registers one point needs, at wire addresses. */
export interface Wanted {
  key: string;
  table: Table;
  address: number;
  width: number;
}

/** One request and the points it serves, each at its offset in the answer. */
export interface ReadBlock {
  table: Table;
  address: number;
  quantity: number;
  points: { key: string; offset: number; width: number }[];
}

export interface Hole {
  table: Table;
  /** First and last wire address that must not be read. */
  from: number;
  to: number;
}

export interface ReadLimits {
  /** Most registers a device answers in one go; 125 by the protocol, less on many devices. */
  maxRegs: number;
  /** Most unwanted registers worth reading to save a request. */
  maxGap: number;
  holes: readonly Hole[];
}

/** Joins wanted registers into few requests: never across a hole, a gap over maxGap or beyond maxRegs. */
export function planReads(wanted: readonly Wanted[], limits: ReadLimits): ReadBlock[] {
  const sorted = [...wanted].sort((a, b) => order(a, b));
  const blocks: ReadBlock[] = [];
  let open: ReadBlock | null = null;
  for (const point of sorted) {
    if (open && fits(open, point, limits)) {
      open.quantity = Math.max(open.quantity, point.address + point.width - open.address);
    } else {
      open = { table: point.table, address: point.address, quantity: point.width, points: [] };
      blocks.push(open);
    }
    open.points.push({ key: point.key, offset: point.address - open.address, width: point.width });
  }
  return blocks;
}

const order = (a: Wanted, b: Wanted): number =>
  a.table === b.table ? a.address - b.address || a.width - b.width : a.table < b.table ? -1 : 1;

function fits(block: ReadBlock, point: Wanted, limits: ReadLimits): boolean {
  if (block.table !== point.table) return false;
  const end = block.address + block.quantity;
  const newEnd = Math.max(end, point.address + point.width);
  if (point.address - end > limits.maxGap) return false;
  if (newEnd - block.address > limits.maxRegs) return false;
  // Only the registers between the two points are at stake: a hole that a point itself touches was asked for by name.
  return !limits.holes.some((hole) => hole.table === block.table && hole.from < point.address && hole.to >= end);
}

/** The same points in two halves, or null when the block serves a single point and cannot be cut. */
export function bisect(block: ReadBlock): [ReadBlock, ReadBlock] | null {
  if (block.points.length < 2) return null;
  const middle = block.points.length >> 1;
  return [part(block, block.points.slice(0, middle)), part(block, block.points.slice(middle))];
}

function part(block: ReadBlock, points: ReadBlock['points']): ReadBlock {
  const first = Math.min(...points.map((p) => p.offset));
  const end = Math.max(...points.map((p) => p.offset + p.width));
  return {
    table: block.table,
    address: block.address + first,
    quantity: end - first,
    points: points.map((p) => ({ ...p, offset: p.offset - first })),
  };
}
