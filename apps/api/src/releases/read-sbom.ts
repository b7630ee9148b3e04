import { createHash } from 'node:crypto';
import type { Component } from '@muster/contracts/releases/releases.schema';
import { SpdxDocument } from '@muster/contracts/releases/spdx.schema';
import { judgeSpdx, type SbomFault } from '@muster/domain/releases/judge-spdx';
import {
  type CycloneDxDocument,
  componentsOfCycloneDx,
  componentsOfSpdx,
  type SbomFormat,
} from '@muster/domain/releases/list-components';
import { Refusal } from '../http/refusal.js';
import { cycloneDxVersions, validateCycloneDx } from './validate-cyclonedx.js';

export interface ReadSbom {
  readonly format: SbomFormat;
  readonly specVersion: string;
  readonly sha256: string;
  readonly document: Buffer;
  readonly components: Component[];
}

/** Most faults one refusal lists. */
const MOST_FAULTS = 50;

/** Validates a document as the format it says it is and lists its components. @throws Refusal sbom_invalid */
export async function readSbom(text: string, parsed: Record<string, unknown>): Promise<ReadSbom> {
  const document = Buffer.from(text);
  const bytes = { document, sha256: createHash('sha256').update(document).digest('hex') };
  if (parsed.bomFormat === 'CycloneDX') return { ...bytes, ...(await readCycloneDx(parsed)) };
  if (typeof parsed.spdxVersion === 'string') return { ...bytes, ...readSpdx(parsed) };
  throw invalid('This is neither CycloneDX nor SPDX.', [
    { pointer: '', message: 'must have bomFormat CycloneDX, or an spdxVersion' },
  ]);
}

async function readCycloneDx(parsed: Record<string, unknown>) {
  const specVersion = String(parsed.specVersion);
  if (!cycloneDxVersions.includes(specVersion)) {
    const message = `must be one of ${cycloneDxVersions.join(', ')}`;
    throw invalid(`CycloneDX ${specVersion} is not taken.`, [{ pointer: '/specVersion', message }]);
  }
  const faults = await validateCycloneDx(specVersion, parsed);
  if (faults.length > 0) throw invalid(`The document breaks the schema of CycloneDX ${specVersion}.`, faults);
  const components = componentsOfCycloneDx(parsed as unknown as CycloneDxDocument);
  return { format: 'cyclonedx', specVersion, components } as const;
}

function readSpdx(parsed: Record<string, unknown>) {
  const checked = SpdxDocument.safeParse(parsed);
  if (!checked.success)
    throw invalid(
      'The document breaks the schema of SPDX.',
      checked.error.issues.map(({ path, message }) => ({ pointer: pointerOf(path), message })),
    );
  const faults = judgeSpdx(checked.data);
  if (faults.length > 0) throw invalid('The document breaks a rule of SPDX.', faults);
  const specVersion = checked.data.spdxVersion.slice('SPDX-'.length);
  return { format: 'spdx', specVersion, components: componentsOfSpdx(checked.data) } as const;
}

/** RFC 6901 3. */
const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const invalid = (detail: string, faults: readonly SbomFault[]): Refusal =>
  new Refusal(
    'sbom_invalid',
    detail,
    undefined,
    faults.slice(0, MOST_FAULTS).map(({ pointer, message }) => ({ pointer: `/body${pointer}`, message })),
  );
