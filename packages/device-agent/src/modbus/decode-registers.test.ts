import { describe, expect, test } from 'vitest';
import { decodeRegisters, type ValueFormat } from './decode-registers.js';

const format = (change: Partial<ValueFormat>): ValueFormat => ({
  type: 'uint16',
  order: 'ABCD',
  scale: 1,
  offset: 0,
  sentinels: [],
  ...change,
});

describe('decodeRegisters', () => {
  test.each([
    ['a float as printed in the standard', [0x42f6, 0xe979], { type: 'float32' }, 123.456001281738],
    ['the same with words swapped', [0xe979, 0x42f6], { type: 'float32', order: 'CDAB' }, 123.456001281738],
    ['the same with bytes swapped', [0xf642, 0x79e9], { type: 'float32', order: 'BADC' }, 123.456001281738],
    ['the same the other way round', [0x79e9, 0xf642], { type: 'float32', order: 'DCBA' }, 123.456001281738],
    ['a swapped uint32', [0x5678, 0x1234], { type: 'uint32', order: 'CDAB' }, 305419896],
    ['a plain uint32', [0x1234, 0x5678], { type: 'uint32' }, 305419896],
    ['a negative int16 with a decimal scale, without binary dust', [0xff85], { type: 'int16', scale: 0.1 }, -12.3],
    ['an int32 of minus one', [0xffff, 0xffff], { type: 'int32' }, -1],
    ['a double of one', [0x3ff0, 0, 0, 0], { type: 'float64' }, 1],
    ['an int64 of minus two', [0xffff, 0xffff, 0xffff, 0xfffe], { type: 'int64' }, -2],
    ['a uint64 with words swapped', [0x0001, 0, 0, 0], { type: 'uint64', order: 'CDAB' }, 1],
    ['scale and offset', [100], { scale: 0.5, offset: -40 }, 10],
  ] as const)('reads %s', (_, registers, change, value) => {
    expect(decodeRegisters([...registers], format(change as Partial<ValueFormat>)).value).toBeCloseTo(value, 9);
  });

  test('keeps every digit of an integer that a double cannot hold', () => {
    const decoded = decodeRegisters([0x0020, 0, 0, 1], format({ type: 'uint64' }));
    expect(decoded).toEqual({ value: 9007199254740992, exact: '9007199254740993' });
  });

  test.each([
    ['not a number', [0x7fc0, 0], 'float32'],
    ['infinity', [0x7f80, 0], 'float32'],
    ['a double that is not a number', [0x7ff8, 0, 0, 0], 'float64'],
  ] as const)('yields no value for %s', (_, registers, type) => {
    expect(decodeRegisters([...registers], format({ type }))).toEqual({ value: null, quality: 'bad.nan' });
  });

  test.each([
    ['as the type reads it', -32768],
    ['as the bits stand', 0x8000],
  ])('knows a sentinel written %s', (_, sentinel) => {
    expect(decodeRegisters([0x8000], format({ type: 'int16', sentinels: [sentinel] }))).toEqual({
      value: null,
      quality: 'bad.notImplemented',
    });
  });
});
