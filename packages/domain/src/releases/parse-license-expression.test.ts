import { expect, it } from 'vitest';
import { isLicenseExpression } from './parse-license-expression.js';

it.each([
  'MIT',
  'GPL-2.0+',
  'LGPL-2.1-only OR BSD-3-Clause AND MIT',
  '(MIT OR Apache-2.0) AND LicenseRef-1',
  'GPL-2.0-or-later WITH Classpath-exception-2.0',
  'DocumentRef-spdx-tool-1.2:LicenseRef-MIT-Style-2',
  '((MIT))',
])('%s is a license expression', (text) => {
  expect(isLicenseExpression(text)).toBe(true);
});

it.each([
  '',
  ' ',
  'MIT OR',
  'AND MIT',
  'MIT Apache-2.0',
  '(MIT',
  'MIT)',
  '()',
  'MIT WITH',
  '(MIT) WITH x',
  'GPL v2',
  'MIT/X',
])('%j is none', (text) => {
  expect(isLicenseExpression(text)).toBe(false);
});
