import { type CommandName, commandCatalogue } from '@muster/contracts/commands/commands.schema';

/** What a handler may use while it runs. */
export interface CommandContext {
  commandId: string;
  progress(percent: number): void;
  signal: AbortSignal;
}

/**
 * One allowed command. `finish` runs after the outcome is durable and reported: a reboot must be remembered before it
 * takes the process down.
 */
export interface CommandHandler {
  run(args: Record<string, unknown>, context: CommandContext): Promise<unknown>;
  idempotent: boolean;
  /** A handler that ends this run of the agent; its outcome is decided by the next run. */
  restarts?: boolean;
}

export type CommandHandlers = Partial<Record<string, CommandHandler>>;

export interface BuiltInPorts {
  diagnostics: () => Promise<unknown>;
  reboot: (delayS: number) => void;
}

const idempotent = (name: CommandName): boolean => commandCatalogue[name].idempotent;

/** The commands every agent answers. There is no shell among them. */
export function builtInHandlers(ports: BuiltInPorts): CommandHandlers {
  return {
    ping: {
      idempotent: idempotent('ping'),
      run: async (args) => ({ pong: true, ...(args.payload !== undefined && { payload: args.payload }) }),
    },
    read_diagnostics: { idempotent: idempotent('read_diagnostics'), run: () => ports.diagnostics() },
    reboot: {
      idempotent: idempotent('reboot'),
      restarts: true,
      run: async (args) => ports.reboot(typeof args.delayS === 'number' ? args.delayS : 0),
    },
  };
}
