import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** Turns JSON log lines into lines for people, one a record. */
export function pinoPretty(destination: DestinationStream): DestinationStream {
  const pretty = prettyFactory({
    colorize: false,
    ignore: 'pid,hostname',
    singleLine: true,
    translateTime: 'SYS:HH:MM:ss',
  });
  return { write: (line) => destination.write(pretty(line)) };
}
