import type { Random } from './random.js';

/** Milliseconds. */
export const hour = 3_600_000;
/** Milliseconds. */
export const day = 24 * hour;
/** Milliseconds; a week. */
export const week = 7 * day;
/** Milliseconds; a year on average. */
export const year = 365.25 * day;

/** What is seen more often at some times of the year. */
export type Ailment = 'fever' | 'diarrhoea' | 'cough';

/** The week of the year (from 0) in which an ailment is commonest: after the long rains, before them, in the cold. */
const peakWeek: Readonly<Record<Ailment, number>> = { fever: 22, diarrhoea: 14, cough: 30 };

/** How much an ailment is about at a time: from 0.3 to 1.7 over the year, 1 on average, and higher in a second, short season. */
export function season(ailment: Ailment, time: number): number {
  const weekOfYear = ((time % year) + year) / week;
  const phase = (2 * Math.PI * (weekOfYear - peakWeek[ailment])) / (year / week);
  return 1 + 0.55 * Math.cos(phase) + 0.15 * Math.cos(2 * phase);
}

/** A time of the same day at which people work; a Sunday becomes the Saturday before, mostly. */
export function workingTime(random: Random, time: number): number {
  const midnight = Math.floor(time / day) * day;
  const sunday = new Date(midnight).getUTCDay() === 0;
  return midnight - (sunday && random.chance(0.8) ? day : 0) + Math.floor(random.between(5 * hour, 15 * hour));
}

/** `YYYY-MM-DD`. */
export function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** `YYYY-MM-DDThh:mm:ss.sssZ`. */
export function isoTime(time: number): string {
  return new Date(time).toISOString();
}
