import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { knownPaths, root } from './tree.js';

interface Link {
  readonly from: string;
  readonly to: string;
}

/** Headings as GitHub makes them addresses. */
const anchors = (text: string): Set<string> =>
  new Set(
    [...withoutCode(text).matchAll(/^#+ +(.+)$/gm)].map(([, title]) =>
      title!
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

const withoutCode = (text: string): string => text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');

/** `[text](target)`, `src="target"` and `srcset="target"` that stay in the repository. */
function linksOf(path: string, text: string): Link[] {
  const code = withoutCode(text);
  const targets = [...code.matchAll(/\]\(<?([^)\s>]+)[^)]*\)/g), ...code.matchAll(/\b(?:src|srcset|href)="([^"]+)"/g)];
  return targets.map(([, to]) => ({ from: path, to: to! })).filter(({ to }) => !/^[a-z]+:/.test(to));
}

function isBroken({ from, to }: Link): boolean {
  const [file, anchor] = to.split('#') as [string, string?];
  const target = file === '' ? from : join(dirname(from), decodeURIComponent(file));
  if (target.startsWith('..') || !existsSync(join(root, target))) return true;
  return (
    anchor !== undefined && target.endsWith('.md') && !anchors(readFileSync(join(root, target), 'utf8')).has(anchor)
  );
}

describe('links in the documentation', () => {
  const pages = knownPaths().filter((path) => /^([^/]+|docs\/.+|ops\/.+|bench\/.+)\.md$/.test(path));

  test('lead to something that is there', () => {
    const links = pages.flatMap((path) => linksOf(path, readFileSync(join(root, path), 'utf8')));
    expect(links.length).toBeGreaterThan(10);
    expect(links.filter(isBroken)).toEqual([]);
  });

  test('that lead nowhere, out of the repository or to no heading are caught', () => {
    const text =
      'see [a](docs/nowhere.md) [b](../x.md) [c](README.md#nothing-of-the-kind) <img src="no.png"> [ok](package.json)';
    expect(linksOf('README.md', text).filter(isBroken)).toHaveLength(4);
  });
});
