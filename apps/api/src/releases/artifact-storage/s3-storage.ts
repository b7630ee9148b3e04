import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ArtifactStorage, type ByteRange } from './artifact-storage.js';

/** Artifacts as objects `<tenant>/<sha256>` of one bucket of an S3-compatible store. */
export class S3Storage extends ArtifactStorage {
  readonly #client: S3Client;
  readonly #bucket: string;

  /** `s3://key:secret@host:port/bucket?tls=0&region=…` */
  constructor(url: string) {
    super();
    const { username, password, host, pathname, searchParams } = new URL(url);
    const scheme = searchParams.get('tls') === '0' ? 'http' : 'https';
    this.#bucket = pathname.slice(1);
    this.#client = new S3Client({
      endpoint: `${scheme}://${host}`,
      region: searchParams.get('region') ?? 'us-east-1',
      forcePathStyle: true,
      credentials: { accessKeyId: decodeURIComponent(username), secretAccessKey: decodeURIComponent(password) },
    });
  }

  async put(tenantId: string, sha256: string, path: string, size: number): Promise<void> {
    const Body = createReadStream(path);
    await this.#client.send(new PutObjectCommand({ ...this.#at(tenantId, sha256), Body, ContentLength: size }));
    await rm(path, { force: true });
  }

  async open(tenantId: string, sha256: string, { start, end }: ByteRange): Promise<Readable> {
    const Range = `bytes=${start}-${end}`;
    const answer = await this.#client.send(new GetObjectCommand({ ...this.#at(tenantId, sha256), Range }));
    return answer.Body as Readable;
  }

  #at(tenantId: string, sha256: string) {
    return { Bucket: this.#bucket, Key: `${tenantId}/${sha256}` };
  }
}
