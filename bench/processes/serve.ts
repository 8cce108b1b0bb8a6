import { messageOf } from '../../src/lib/index.js';

/**
 * Offers functions to the process that started this one.
 *
 * @param end - ends what runs; called when that process lets go of this one or has ended itself.
 */
export function serve(calls: object, end: () => Promise<void> = () => Promise.resolve()): void {
  const offered = calls as Readonly<Record<string, (...args: unknown[]) => unknown>>;
  process.on('message', ({ id, name, args }: { id: number; name: string; args: unknown[] }) => {
    Promise.resolve()
      .then(() => offered[name]?.(...args))
      .then(
        (result) => process.send?.({ id, result }),
        (error: unknown) => process.send?.({ id, error: messageOf(error) }),
      );
  });
  process.on('disconnect', () => void end().finally(() => process.exit()));
  // Ctrl-C reaches every process of the terminal; the one that started this one decides.
  process.on('SIGINT', () => undefined);
  process.send?.({ id: 0 });
}
