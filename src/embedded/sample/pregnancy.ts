import type { Area } from './area.js';
import { dateOf, day, week, workingTime } from './calendar.js';
import { ageOf, lineageOf, person, type Contact, type Person } from './contacts.js';
import { medic, type Entry } from './documents.js';
import { report } from './reports.js';
import { smsVisit } from './sms.js';

/** Something that is reported at a time, in milliseconds since the epoch. */
export interface Happening {
  readonly time: number;
  readonly unit: readonly Entry[];
}

/** What a pregnancy is made from. */
export interface PregnancyTraits {
  readonly household: Contact;
  readonly mother: Person;
  /** The first day of the last menstrual period, in milliseconds since the epoch. */
  readonly lmp: number;
  /** Whether everything that can be reported is. */
  readonly thorough: boolean;
}

/** Whether a woman may be pregnant at a time: 15 to 45 years old. */
export function fertile(someone: Person, time: number): boolean {
  const age = ageOf(someone, time);
  return someone.sex === 'female' && age >= 15 && age < 45;
}

/**
 * A pregnancy from its registration to six weeks after the birth, oldest first: visits by app and by SMS, mostly a
 * delivery, the baby's own document, visits to mother and baby. What happens after today is left to the future.
 */
export function pregnancy(area: Area, traits: PregnancyTraits): Happening[] {
  const { random } = area;
  const { mother, lmp, thorough } = traits;
  const done = (time: number, probability: number): boolean =>
    thorough || random.chance(probability * area.activity(time));
  const registered = workingTime(random, lmp + random.between(7, 24) * week);
  const born = lmp + random.between(36.5, 41.5) * week;
  const edd = dateOf(lmp + 280 * day);
  const weeks = (time: number): number => Math.floor((time - lmp) / week);

  const happenings: Happening[] = [
    single(
      registered,
      report(area, {
        form: 'pregnancy',
        reported: registered,
        about: mother,
        fields: {
          lmp_date: dateOf(lmp),
          edd,
          lmp_method_approx: random.yes(0.4),
          weeks_since_lmp: weeks(registered),
          obstetric: { gravida: random.integer(1, 6), previous_loss: random.yes(0.1) },
          danger_signs: dangerSigns(area, 0.03),
          care: { facility_visits: random.integer(0, 3), iron_folate: random.yes(0.7), net: random.yes(0.8) },
          referral: random.yes(0.15),
        },
      }),
    ),
  ];

  let visits = 0;
  for (let at = registered + random.between(3, 6) * week; at < born - week; at += random.between(4, 7) * week) {
    const time = workingTime(random, at);
    if (!done(time, 0.85)) continue;
    visits += 1;
    const bySms = thorough ? visits === 2 : random.chance(0.2);
    const document = bySms
      ? smsVisit(area, { reported: time, patient: mother, weeks: weeks(time) })
      : report(area, {
          form: 'pregnancy_home_visit',
          reported: time,
          about: mother,
          task: true,
          fields: {
            visit_number: visits,
            edd,
            weeks_since_lmp: weeks(time),
            danger_signs: dangerSigns(area, 0.04),
            care: { facility_visits: random.integer(0, 5), iron_folate: random.yes(0.75), net: random.yes(0.85) },
            next_visit_date: dateOf(time + 35 * day),
            referral: random.yes(0.1),
          },
        });
    happenings.push(single(time, document));
  }
  const reported = workingTime(random, born + random.between(2, 9) * day);
  if (done(reported, 0.95)) happenings.push(...birth(area, traits, born, reported, done));
  return happenings;
}

function birth(
  area: Area,
  { household, mother, thorough }: PregnancyTraits,
  born: number,
  reported: number,
  done: (time: number, probability: number) => boolean,
): Happening[] {
  const { random } = area;
  const deliveryId = random.uuid();
  const alive = thorough || random.chance(0.975);
  const count = !thorough && random.chance(0.015) ? 2 : 1;
  const babies = Array.from({ length: alive ? count : 0 }, () =>
    person(area, {
      sex: random.chance(0.5) ? 'female' : 'male',
      born,
      reported,
      parent: lineageOf(household),
      role: 'patient',
      family: familyOf(mother),
      phone: false,
      more: { created_by_doc: deliveryId, mother: { _id: mother.document._id } },
    }),
  );
  const delivery = report(area, {
    id: deliveryId,
    form: 'delivery',
    reported,
    about: mother,
    task: true,
    fields: {
      delivery_outcome: {
        delivery_date: dateOf(born),
        delivery_place: random.chance(0.75) ? 'health_facility' : 'home',
        delivery_method: random.chance(0.9) ? 'vaginal' : 'cesarean',
        babies_delivered: count,
        babies_alive: babies.length,
        mother_alive: 'yes',
      },
      babies: babies.map((baby) => ({
        baby_uuid: baby.document._id,
        baby_name: baby.document.name,
        sex: baby.sex,
        birth_weight: Math.round(random.between(1.9, 4.3) * 100) / 100,
        breastfed_within_hour: random.yes(0.8),
        vaccines: { bcg: random.yes(0.8), polio: random.yes(0.8) },
      })),
      danger_signs: dangerSigns(area, 0.05),
    },
  });
  const happenings: Happening[] = [
    { time: reported, unit: [medic(delivery), ...babies.map((baby) => medic(baby.document))] },
  ];

  for (const [index, days] of [3, 7, 42].entries()) {
    const time = Math.max(reported + 60_000, workingTime(random, born + (days + random.between(0, 3)) * day));
    if (!done(time, 0.8)) continue;
    const fields = {
      visit_number: index + 1,
      days_since_delivery: Math.floor((time - born) / day),
      mother: { danger_signs: dangerSigns(area, 0.03), family_planning: random.yes(0.3) },
      babies: babies.map((baby) => ({
        baby_uuid: baby.document._id,
        weight: Math.round(random.between(2.2, 5.2) * 100) / 100,
        feeding: random.chance(0.85) ? 'breast' : 'mixed',
        cord_infection: random.yes(0.03),
      })),
    };
    happenings.push(
      single(time, report(area, { form: 'postnatal_visit', reported: time, about: mother, task: true, fields })),
    );
  }
  return happenings;
}

function single(time: number, document: Entry['document']): Happening {
  return { time, unit: [medic(document)] };
}

function familyOf({ document }: Person): string {
  return document.name.slice(document.name.lastIndexOf(' ') + 1);
}

function dangerSigns({ random }: Area, probability: number): object {
  return {
    vaginal_bleeding: random.yes(probability),
    fever: random.yes(probability),
    severe_headache: random.yes(probability),
    swelling: random.yes(probability),
    convulsions: random.yes(probability / 5),
  };
}
