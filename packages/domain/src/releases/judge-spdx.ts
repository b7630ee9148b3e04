import type { SpdxDocument } from '@muster/contracts/releases/spdx.schema';
import { isLicenseExpression } from './parse-license-expression.js';

export interface SbomFault {
  /** JSON pointer into the document. */
  readonly pointer: string;
  readonly message: string;
}

const UNSAID: ReadonlySet<string> = new Set(['NONE', 'NOASSERTION']);
const licenseFields = ['licenseConcluded', 'licenseDeclared'] as const;

/** What SPDX demands beyond the shape of a document: ids once, references that lead somewhere, license expressions. */
export const judgeSpdx = (document: SpdxDocument): SbomFault[] => {
  const faults: SbomFault[] = [];
  const fault = (pointer: string, message: string) => void faults.push({ pointer, message });
  const snippets = Array.isArray(document.snippets) ? (document.snippets as { SPDXID?: string }[]) : [];
  const known = new Set<string>([document.SPDXID, ...snippets.map(({ SPDXID }) => SPDXID ?? '')]);
  for (const list of ['packages', 'files'] as const)
    document[list]?.forEach(({ SPDXID }, i) => {
      if (known.has(SPDXID)) fault(`/${list}/${i}/SPDXID`, `${SPDXID} stands twice in this document`);
      known.add(SPDXID);
    });
  const leadsSomewhere = (ref: string): boolean =>
    known.has(ref) || UNSAID.has(ref) || /^DocumentRef-[A-Za-z0-9.+-]+:SPDXRef-/.test(ref);

  document.documentDescribes?.forEach((ref, i) => {
    if (!leadsSomewhere(ref)) fault(`/documentDescribes/${i}`, `${ref} is not in this document`);
  });
  document.relationships?.forEach((relationship, i) => {
    for (const end of ['spdxElementId', 'relatedSpdxElement'] as const)
      if (!leadsSomewhere(relationship[end]))
        fault(`/relationships/${i}/${end}`, `${relationship[end]} is not in this document`);
  });
  const extracted = new Set(document.hasExtractedLicensingInfos?.map(({ licenseId }) => licenseId));
  document.packages?.forEach((one, i) => {
    for (const field of licenseFields) {
      const text = one[field];
      const pointer = `/packages/${i}/${field}`;
      if (text === undefined) {
        // Optional since 2.3 (7.13, 7.15).
        if (document.spdxVersion === 'SPDX-2.2') fault(pointer, 'is required by SPDX 2.2');
      } else if (!UNSAID.has(text) && !isLicenseExpression(text))
        fault(pointer, `${text.slice(0, 80)} is not a license expression`);
      else
        for (const ref of text.match(/(?<![:\w-])LicenseRef-[A-Za-z0-9.-]+/g) ?? [])
          if (!extracted.has(ref)) fault(pointer, `${ref} is not among the extracted licensing infos`);
    }
  });
  if (known.size === 1 && document.relationships === undefined)
    fault('/packages', 'names nothing the release is made of');
  return faults;
};
