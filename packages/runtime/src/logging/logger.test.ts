import { describe, expect, test } from 'vitest';
import { lineForPeople } from './line-for-people.js';
import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';

function recorded(level?: string) {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({ process: 'api', level, to: { write: (line) => void lines.push(JSON.parse(line)) } });
  return { logger, lines };
}

describe('the logger', () => {
  test('writes one object a line with time, level, process and facts', () => {
    const { logger, lines } = recorded();
    logger.info({ deviceId: 'd1' }, 'enrolled');
    expect(lines).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), process: 'api', deviceId: 'd1', msg: 'enrolled' },
    ]);
  });

  test('hides secrets wherever they sit', () => {
    const { logger, lines } = recorded();
    logger.info(
      { token: 'a1', user: { password: 'a2' }, req: { headers: { authorization: 'a3', cookie: 'a4' } } },
      'x',
    );
    expect(JSON.stringify(lines)).not.toMatch(/a[1-4]"/);
  });

  test('keeps the stack and the cause of an error', () => {
    const { logger, lines } = recorded();
    logger.error({ err: new Error('outer', { cause: new Error('inner') }) }, 'failed');
    expect(JSON.stringify(lines[0]?.err)).toContain('inner');
  });

  test('takes what Nest says, with its context', () => {
    const { logger, lines } = recorded();
    new NestLogger(logger).error('broken', 'Error: broken\n  at x', 'Router');
    new NestLogger(logger).log('mapped a route', 'Router');
    expect(lines).toMatchObject([{ level: 'error', context: 'Router', msg: 'broken' }]);
  });

  test('is readable on a terminal', () => {
    const line = lineForPeople(
      '{"level":"warn","time":"2026-01-01T10:11:12.345Z","process":"api","msg":"slow","ms":12}',
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
    expect(line.replace(/\x1b\[\d+m/g, '')).toBe('10:11:12.345 warn  api  slow  ms=12\n');
  });
});
