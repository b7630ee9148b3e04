import type { Table } from './pdu.js';

/**
 * How the numbers in a register map are meant. There is no default: the same `40011` is holding register 10 in one
 * data sheet and wire address 40011 in another.
 */
export const addressings = ['zero', 'one', 'modicon5', 'modicon6'] as const;
export type Addressing = (typeof addressings)[number];

/** Modicon notation prefixes the table: 3 for input, 4 for holding registers, then a number that counts from one. */
const MODICON = {
  modicon5: { holding: 40_001, input: 30_001, span: 9_999 },
  modicon6: { holding: 400_001, input: 300_001, span: 65_536 },
} as const;

/** The wire address of a documented address, or why it cannot be one. */
export function wireAddress(addressing: Addressing, table: Table, address: number): number | { fault: string } {
  const first = addressing === 'zero' ? 0 : addressing === 'one' ? 1 : MODICON[addressing][table];
  const span = addressing === 'modicon5' || addressing === 'modicon6' ? MODICON[addressing].span : 65_536;
  const wire = address - first;
  if (Number.isInteger(wire) && wire >= 0 && wire < span) return wire;
  return {
    fault: `no ${table} register has the address ${address} in ${addressing} addressing (${first} to ${first + span - 1})`,
  };
}

/** The same register in the three notations people use: `holding 10 (40011, 0x000A)`. */
export function describeRegister(table: Table, wire: number): string {
  const form = wire < MODICON.modicon5.span ? MODICON.modicon5 : MODICON.modicon6;
  return `${table} ${wire} (${form[table] + wire}, 0x${wire.toString(16).toUpperCase().padStart(4, '0')})`;
}
