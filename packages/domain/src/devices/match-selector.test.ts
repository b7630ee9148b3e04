import { describe, expect, it } from 'vitest';
import { matchSelector } from './match-selector.js';

const device = {
  id: '0198f000-0000-7000-8000-000000000001',
  model: 'edge-1',
  site: 'berlin',
  class: 'gateway',
  firmwareVersion: '1.2.0',
  labels: { ring: 'canary', line: '3' },
};

describe('matchSelector', () => {
  it('selects all when empty', () => {
    expect(matchSelector({}, device)).toBe(true);
  });

  it('wants every given field, and any value of a list', () => {
    expect(matchSelector({ model: ['edge-1', 'edge-2'], site: ['berlin'] }, device)).toBe(true);
    expect(matchSelector({ model: ['edge-1'], site: ['oslo'] }, device)).toBe(false);
  });

  it('wants all labels', () => {
    expect(matchSelector({ labels: { ring: 'canary', line: '3' } }, device)).toBe(true);
    expect(matchSelector({ labels: { ring: 'canary', line: '4' } }, device)).toBe(false);
  });

  it('selects nothing by an empty list', () => {
    expect(matchSelector({ ids: [] }, device)).toBe(false);
  });

  it('does not match an unknown value', () => {
    expect(matchSelector({ site: ['berlin'] }, { ...device, site: null })).toBe(false);
  });

  it('does not take an inherited property for a label', () => {
    expect(matchSelector({ labels: { constructor: 'x' } }, device)).toBe(false);
  });
});
