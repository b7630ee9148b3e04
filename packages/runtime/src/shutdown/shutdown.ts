interface Part {
  readonly name: string;
  readonly close: () => Promise<unknown> | unknown;
}

/** Closes what was opened, last opened first. A part that fails to close does not keep the others open. */
export class Shutdown {
  readonly #parts: Part[] = [];
  #run: Promise<Error[]> | null = null;

  get begun(): boolean {
    return this.#run !== null;
  }

  add(name: string, close: Part['close']): void {
    this.#parts.push({ name, close });
  }

  /** Runs once, however often it is called, and returns what went wrong. */
  run(): Promise<Error[]> {
    this.#run ??= this.#closeAll();
    return this.#run;
  }

  async #closeAll(): Promise<Error[]> {
    const failures: Error[] = [];
    for (const { name, close } of this.#parts.reverse()) {
      try {
        await close();
      } catch (cause) {
        failures.push(new Error(`closing ${name} failed`, { cause }));
      }
    }
    return failures;
  }
}
