/** Ends this run of the agent; whoever supervises it starts the next one from the current slot. */
export interface Power {
  /** Names one run: it changes with every start of the agent. */
  readonly bootId: string;
  /** Why the last run ended, if someone wrote it down. */
  restart(reason: 'update' | 'rollback' | 'command' | 'factory'): void;
}
