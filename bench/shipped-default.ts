import { optionList } from '../src/config/index.js';

/** The default of an option that is a number, so that what is measured is what a user gets. */
export function shippedDefault(env: string): number {
  const preset = optionList.find((option) => option.env === env)?.default;
  if (typeof preset !== 'string' || Number.isNaN(Number(preset)))
    throw new Error(`${env} has no number as its default`);
  return Number(preset);
}
