import type { Component, sbomFormats } from '@muster/contracts/releases/releases.schema';
import type { SpdxDocument } from '@muster/contracts/releases/spdx.schema';
import { compareComponentVersions } from './compare-component-versions.js';

export type SbomFormat = (typeof sbomFormats)[number];

/** The parts of a valid CycloneDX document that components are made of. */
export interface CycloneDxDocument {
  readonly specVersion: string;
  readonly metadata?: { readonly component?: CycloneDxComponent };
  readonly components?: readonly CycloneDxComponent[];
}
interface CycloneDxComponent {
  readonly type?: string;
  readonly group?: string;
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly licenses?: readonly {
    readonly expression?: string;
    readonly license?: { readonly id?: string; readonly name?: string };
  }[];
  readonly components?: readonly CycloneDxComponent[];
}

/** Components of a CycloneDX document at any depth; its subject, the release itself, is not one. */
export const componentsOfCycloneDx = (document: CycloneDxDocument): Component[] => {
  const found: Component[] = [];
  const waiting = [...(document.components ?? []), ...(document.metadata?.component?.components ?? [])];
  for (let at = 0; at < waiting.length; at++) {
    const { components, ...one } = waiting[at]!;
    if (components) waiting.push(...components);
    const licenses = (one.licenses ?? []).map((l) => l.expression ?? l.license?.id ?? l.license?.name);
    found.push({
      // A scope is part of what npm calls its packages; other groups stand in the package URL.
      name: one.group?.startsWith('@') ? `${one.group}/${one.name}` : one.name,
      version: one.version || null,
      purl: one.purl ?? null,
      type: one.type ?? null,
      licenses: licenses.filter((license) => license !== undefined),
    });
  }
  return tidy(found);
};

const said = (text: string | undefined): text is string => text !== undefined && !/^(NOASSERTION|NONE)?$/.test(text);

/** Packages of an SPDX document; the one it describes, when it describes one of several, is the release itself. */
export const componentsOfSpdx = (document: SpdxDocument): Component[] => {
  const packages = document.packages ?? [];
  const described = new Set(document.documentDescribes);
  for (const { spdxElementId, relationshipType, relatedSpdxElement } of document.relationships ?? []) {
    if (relationshipType === 'DESCRIBES' && spdxElementId === document.SPDXID) described.add(relatedSpdxElement);
    if (relationshipType === 'DESCRIBED_BY' && relatedSpdxElement === document.SPDXID) described.add(spdxElementId);
  }
  const subject = described.size === 1 && packages.length > 1 ? [...described][0] : null;
  return tidy(
    packages
      .filter(({ SPDXID }) => SPDXID !== subject)
      .map((one) => ({
        name: one.name,
        version: one.versionInfo || null,
        purl: one.externalRefs?.find(({ referenceType }) => referenceType === 'purl')?.referenceLocator ?? null,
        type: one.primaryPackagePurpose?.toLowerCase().replaceAll('_', '-') ?? null,
        licenses: [one.licenseConcluded, one.licenseDeclared].filter(said).slice(0, 1),
      })),
  );
};

/** By name and version, each once with all of its licenses. */
const tidy = (components: readonly Component[]): Component[] => {
  const known = new Map<string, Component>();
  for (const given of components) {
    const one = storable(given);
    const key = JSON.stringify([one.name, one.version, one.purl, one.type]);
    known.set(key, { ...one, licenses: [...new Set([...(known.get(key)?.licenses ?? []), ...one.licenses])] });
  }
  return [...known.values()].sort(byName);
};

/** Longer than this no name is one; an index entry would refuse it. */
const LONGEST = 300;
/** Databases hold neither NUL nor halves of characters. */
const clean = <T extends string | null>(text: T): T =>
  (text === null ? null : text.replaceAll('\0', '').slice(0, LONGEST).toWellFormed()) as T;
const storable = ({ name, version, purl, type, licenses }: Component): Component => ({
  name: clean(name),
  version: clean(version),
  purl: purl === null ? null : purl.replaceAll('\0', '').toWellFormed(),
  type: clean(type),
  licenses: licenses.map(clean),
});

const byName = (a: Component, b: Component): number =>
  compareText(a.name.toLowerCase(), b.name.toLowerCase()) ||
  compareComponentVersions(a.version ?? '', b.version ?? '') ||
  compareText(a.purl ?? '', b.purl ?? '');

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
