/** What a command may use of the process it runs in. */
export interface CliSurroundings {
  /** The folder it was started in. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the command was asked for; nothing else is written there. */
  readonly stdout: NodeJS.WriteStream;
  /** Everything else: the log, progress, errors. */
  readonly stderr: NodeJS.WriteStream;
}

/** The exit codes of the command. */
export const exitCodes = { ok: 0, failed: 1, configInvalid: 2 } as const;
