import { describe, expect, it } from 'vitest';
import { isDataFault, isTransient, sqlState } from './failures.js';

const fault = (code: string, message = '') => Object.assign(new Error(message), { code });

describe('failures of the database', () => {
  it.each([
    ['40P01', 'a deadlock'],
    ['40001', 'a serialization failure'],
    ['08006', 'a lost connection'],
    ['57P01', 'a shutdown'],
    ['53300', 'too many connections'],
    ['28000', 'a refused login'],
    ['55P03', 'a lock that was not given'],
    ['ECONNREFUSED', 'nobody listening'],
  ])('%s, %s, may pass', (code) => {
    expect([isTransient(fault(code)), isDataFault(fault(code))]).toEqual([true, false]);
  });

  it.each(['22003', '22P05', '23505', '23514'])('%s lies in the values', (code) => {
    expect([isTransient(fault(code)), isDataFault(fault(code))]).toEqual([false, true]);
  });

  it('a fault in the statement is neither', () => {
    expect([isTransient(fault('42703')), isDataFault(fault('42703'))]).toEqual([false, false]);
  });

  it('knows a connection that ended by its words, since the driver gives it no code', () => {
    expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isTransient(new TypeError('x is not a function'))).toBe(false);
  });

  it('takes no other code for an SQLSTATE', () => {
    expect([sqlState(fault('ENOENT')), sqlState(null), sqlState(fault('EPIPE'))]).toEqual([null, null, null]);
  });
});
