import { gzipSync } from 'node:zlib';
import type { TelemetryForm } from '@muster/contracts/configs/configs.schema';
import { encodeCbor } from '@muster/telemetry/encode-cbor';

/**
 * How telemetry goes out. The buffer keeps JSON whatever the form, so a change holds for what is buffered too, and a record
 * of an older agent can still be read.
 */
export class PayloadForm {
  #form: TelemetryForm = {};

  set form(form: TelemetryForm | undefined) {
    this.#form = form ?? {};
  }

  /** `json` as it is to be published. */
  encode(json: Uint8Array): Uint8Array {
    const { encoding = 'json', compression = 'none' } = this.#form;
    const plain = encoding === 'cbor' ? encodeCbor(JSON.parse(Buffer.from(json).toString())) : json;
    if (compression === 'none') return plain;
    const compressed = gzipSync(plain);
    // A short message grows by it.
    return compressed.length < plain.length ? compressed : plain;
  }
}
