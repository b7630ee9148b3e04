import type { Component } from '@muster/contracts/releases/releases.schema';

export interface ComponentDiff {
  readonly added: Component[];
  readonly removed: Component[];
  readonly changed: { readonly name: string; readonly from: Component; readonly to: Component }[];
  readonly unchanged: number;
}

/** The package URL without its version names a package more surely than a name does. */
const identityOf = ({ name, purl }: Component): string =>
  purl === null ? `name:${name.toLowerCase()}` : purl.replace(/[?#].*$/s, '').replace(/@[^@/]*$/, '');

const signature = ({ version, purl, type, licenses }: Component): string =>
  JSON.stringify([version, purl, type, licenses.toSorted()]);

const grouped = (components: readonly Component[]): Map<string, Component[]> => {
  const groups = new Map<string, Component[]>();
  for (const one of components) {
    const key = identityOf(one);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return groups;
};

/** What became of the components of one release in another. A package with several versions is paired in their order. */
export const diffComponents = (from: readonly Component[], to: readonly Component[]): ComponentDiff => {
  const [before, after] = [grouped(from), grouped(to)];
  const diff: ComponentDiff = { added: [], removed: [], changed: [], unchanged: 0 };
  let unchanged = 0;
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const gone = [...(before.get(key) ?? [])];
    const come: Component[] = [];
    for (const one of after.get(key) ?? []) {
      const same = gone.findIndex((other) => signature(other) === signature(one));
      if (same < 0) come.push(one);
      else {
        gone.splice(same, 1);
        unchanged += 1;
      }
    }
    const pairs = Math.min(gone.length, come.length);
    for (let i = 0; i < pairs; i++) diff.changed.push({ name: come[i]!.name, from: gone[i]!, to: come[i]! });
    diff.removed.push(...gone.slice(pairs));
    diff.added.push(...come.slice(pairs));
  }
  return { ...diff, unchanged };
};
