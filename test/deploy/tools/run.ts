import { execFile } from 'node:child_process';

/** How a command ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. A command that is not there ends with 127, as in a shell. */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  const { input, ...rest } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { ...rest, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') resolve({ exitCode: 127, stdout, stderr: `${command} is not there` });
      else if (error !== null && typeof error.code !== 'number')
        reject(new Error(`${command}: ${error.message}`, { cause: error }));
      else resolve({ exitCode: Number(error?.code ?? 0), stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

/** The output of a command that must succeed. */
export async function outputOf(
  command: string,
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, args, options);
  if (exitCode !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${exitCode}:\n${stderr}${stdout}`);
  return stdout;
}
