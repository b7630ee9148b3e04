import { ConfigDocument } from '@muster/contracts/configs/configs.schema';
import type { z } from 'zod';

export type DocumentInput = z.input<typeof ConfigDocument>;

export type Checked =
  | { readonly kind: 'fine'; readonly document: DocumentInput }
  | { readonly kind: 'faulty'; readonly faults: readonly { readonly at: string; readonly message: string }[] };

/**
 * Reads a config as JSON and against the contract, so that faults are told while typing and by the server's own rules.
 * The document is kept as written: defaults are the device's business, and filling them in would show as changes.
 */
export const checkConfig = (text: string): Checked => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { kind: 'faulty', faults: [{ at: '', message: (error as Error).message }] };
  }
  const result = ConfigDocument.safeParse(value);
  return result.success
    ? { kind: 'fine', document: value as DocumentInput }
    : {
        kind: 'faulty',
        faults: result.error.issues.map((issue) => ({ at: issue.path.join('.'), message: issue.message })),
      };
};
