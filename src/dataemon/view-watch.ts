import type { Clock } from '../lib/index.js';
import { existingModels } from './database/relations.js';
import type { Session } from './database/session.js';
import { modelsOf } from './model-runner.js';
import type { ReadyPackage } from './package/keeper.js';

/** There may be twenty increments a second. */
const lookMs = 1_000;

/** Looks for views that have gone: as when another dataemon, or a person, replaces a table that they read. */
export class ViewWatch {
  #nextLook = -Infinity;

  constructor(private readonly clock: Pick<Clock, 'now'>) {}

  /** The ids of those that have gone; looks once a second at most, and tells of none in between. */
  async lost(session: Session, current: ReadyPackage): Promise<string[]> {
    const now = this.clock.now();
    const views = modelsOf(current, current.selected).filter(({ materialized }) => materialized === 'view');
    if (views.length === 0 || now < this.#nextLook) return [];
    this.#nextLook = now + lookMs;
    const existing = await existingModels(session, views);
    return views.map(({ id }) => id).filter((id) => !existing.has(id));
  }
}
