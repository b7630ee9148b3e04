/** What lies under a digest is missing, truncated or other content: nothing of it is handed out. */
export class ContentDamaged extends Error {
  readonly code = 'unavailable';

  constructor(
    readonly sha256: string,
    why: string,
    cause?: unknown,
  ) {
    super(`Stored content ${sha256} is damaged: ${why}.`, { cause });
    this.name = 'ContentDamaged';
  }
}
