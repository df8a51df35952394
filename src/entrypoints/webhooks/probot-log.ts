import { type Logger, pino } from 'pino';
import type { Log } from '../../flows/ports/clock.ts';

const warnLevel = 40;
const errorLevel = 50;

/** Probot wants a pino of its own; its lines go where all others go. Its debug lines, which hold whole deliveries, go nowhere. */
export function probotLog(log: Log): Logger {
  const write = (line: string): void => {
    const { level, msg, ...facts } = JSON.parse(line) as { level: number; msg?: string; [fact: string]: unknown };
    const message = msg ?? 'Probot';
    if (level >= errorLevel) log.error(facts, message);
    else if (level >= warnLevel) log.warn(facts, message);
    else log.info(facts, message);
  };
  return pino({ level: 'info', base: null, timestamp: false }, { write });
}
