import { areaOf, areasPerDistrict, districtOf, type Area, type District } from './area.js';
import { batches, type SampleBatch } from './batches.js';
import { day } from './calendar.js';
import { configuration } from './configuration.js';
import { Deployment, type SampleOptions } from './deployment.js';
import { medic, type Entry, type Unit } from './documents.js';
import { feedback } from './feedback.js';
import { homeVisit } from './home-visit.js';
import { household, lifeOf, thoroughHousehold } from './household.js';
import { showcase } from './showcase.js';
import { monthsOf, supervisorMonths, telemetry } from './telemetry.js';

/**
 * A data set as a CHT 4.x deployment of community health workers has it, over the two years before `now`, as batches to
 * be written in their order. It is made while it is read, an area at a time, so memory does not grow with it. The same
 * options give the same bytes.
 *
 * Of 20,000 documents about 17 % are contacts' and reports' notes of Sentinel, 3 % telemetry and feedback; of `medic` a
 * third are contacts. How often things happen stands as a named constant where they happen: `household.ts` (who lives
 * together, pregnancies), `child-health.ts`, `home-visit.ts`, `history.ts` (edits and deletions), `sentinel.ts`,
 * `area.ts` (households to a worker, how active she is). The seasons are in `calendar.ts`.
 */
export function sampleData(options: SampleOptions): Generator<SampleBatch> {
  const deployment = new Deployment(options);
  return batches(entriesOf(deployment), deployment.random(-1));
}

/** Exactly as many entries as asked for: units for as long as they fit, then visits to the first area one by one. */
export function* entriesOf(deployment: Deployment): Generator<Entry> {
  const first = areaOf(districtOf(deployment, 0), 0);
  let room = deployment.documents;
  for (const unit of unitsOf(deployment, first)) {
    if (unit.length > room) break;
    room -= unit.length;
    yield* unit;
    if (room === 0) return;
  }
  const filler: Area = { ...first, random: deployment.random(-2) };
  for (; room > 0; room -= 1) {
    const time = Math.floor(deployment.now - filler.random.between(1, 300) * day);
    yield medic(homeVisit(filler, first.place, [], time, false));
  }
}

/** The deployment without end: configuration, then area after area, with a district before every tenth. */
function* unitsOf(deployment: Deployment, first: Area): Generator<Unit> {
  yield configuration(deployment);
  yield first.district.unit;
  yield first.unit;
  yield* showcase(first);
  yield* thoroughHousehold(first);
  yield* lifeOfArea(first);
  let { district } = first;
  for (let number = 1; ; number += 1) {
    if (number % areasPerDistrict === 0) {
      yield* lifeOfSupervisor(district);
      district = districtOf(deployment, number);
      yield district.unit;
    }
    const area = areaOf(district, number);
    yield area.unit;
    yield* lifeOfArea(area);
  }
}

function* lifeOfSupervisor(district: District): Generator<Unit> {
  for (const time of supervisorMonths(district)) yield [telemetry(district, time)];
}

/** The households of an area, most of them registered in its first months, and in between how its worker used the app. */
function* lifeOfArea(area: Area): Generator<Unit> {
  const { random, from, to } = area;
  const months = monthsOf(area);
  let told = 0;
  for (let i = 1; i <= area.households; i += 1) {
    const registered = Math.floor(from + (to - from - day) * random.unit() ** 2.5);
    yield* lifeOf(area, household(area, registered));
    for (; told < (months.length * i) / area.households; told += 1) {
      const time = months[told] ?? to;
      if (random.chance(0.93)) yield [telemetry(area, time)];
      if (random.chance(0.12)) yield [feedback(area, time - random.integer(0, 20) * day, random.chance(0.4))];
    }
  }
}
