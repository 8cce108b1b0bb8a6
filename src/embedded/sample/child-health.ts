import type { Area } from './area.js';
import { season, workingTime, year, type Ailment } from './calendar.js';
import { ageOf, type Person } from './contacts.js';
import { medic } from './documents.js';
import type { Happening } from './pregnancy.js';
import { report } from './reports.js';

/** Illnesses that a child under five is brought with, in a year of full activity. */
const illnessesPerYear = 3.4;
const ailments: readonly [Ailment, ...Ailment[]] = ['fever', 'diarrhoea', 'cough'];

/** The assessments of a sick child under five between two times; each ailment has its season. */
export function assessments(area: Area, child: Person, from: number, to: number): Happening[] {
  const { random } = area;
  const happenings: Happening[] = [];
  const start = Math.max(from, child.born + 30 * 86_400_000);
  const end = Math.min(to, child.born + 5 * year);
  for (let at = start; ;) {
    at += (-Math.log(1 - random.unit()) / illnessesPerYear) * year;
    if (at >= end) return happenings;
    const time = workingTime(random, at);
    const ailment = random.pick(ailments);
    // The season thins them out: 1.7 is its greatest.
    if (time < start || !random.chance((season(ailment, time) / 1.7) * area.activity(time) * 1.4)) continue;
    happenings.push(assessment(area, child, time, ailment));
  }
}

/** One assessment of a child under five who has this ailment, and perhaps others. */
export function assessment(area: Area, child: Person, time: number, main: Ailment): Happening {
  const { random } = area;
  const has = (ailment: Ailment): boolean => ailment === main || random.chance(0.12);
  const fever = has('fever');
  const diarrhoea = has('diarrhoea');
  const cough = has('cough');
  const positive = fever && random.chance(Math.min(0.8, 0.45 * season('fever', time)));
  const breaths = random.integer(26, 44) + (cough && random.chance(0.4) ? random.integer(12, 22) : 0);
  const pneumonia = cough && breaths >= 50;
  const diagnosis = [positive && 'malaria', diarrhoea && 'diarrhoea', pneumonia && 'pneumonia'].filter(Boolean);
  const severe = random.chance(0.06);
  const muac = Math.round(random.between(11, 16.5) * 10) / 10;
  const document = report(area, {
    form: 'assessment',
    reported: time,
    about: child,
    fields: {
      patient_age_in_months: Math.floor(ageOf(child, time) * 12),
      fever: {
        has_fever: yes(fever),
        ...(fever
          ? {
              days: random.integer(1, 6),
              temperature: (37.5 + random.integer(0, 25) / 10).toFixed(1),
              mrdt: { done: 'yes', result: positive ? 'positive' : 'negative' },
            }
          : {}),
      },
      diarrhoea: {
        has_diarrhoea: yes(diarrhoea),
        ...(diarrhoea ? { days: random.integer(1, 9), blood_in_stool: random.yes(0.05) } : {}),
      },
      cough: {
        has_cough: yes(cough),
        ...(cough ? { days: random.integer(1, 14), breaths_per_minute: breaths, fast_breathing: yes(pneumonia) } : {}),
      },
      nutrition: { muac_cm: muac, muac_colour: muac < 11.5 ? 'red' : muac < 12.5 ? 'yellow' : 'green' },
      danger_signs: { convulsions: yes(severe && random.chance(0.3)), unable_to_drink: yes(severe) },
      diagnosis: diagnosis.join(' '),
      treatment: { act: yes(positive), ors_zinc: yes(diarrhoea), amoxicillin: yes(pneumonia) },
      referral: yes(severe || muac < 11.5),
      follow_up: { needed: yes(diagnosis.length > 0), days: diagnosis.length > 0 ? 3 : 0 },
    },
  });
  return { time, unit: [medic(document)] };
}

function yes(value: boolean): 'yes' | 'no' {
  return value ? 'yes' : 'no';
}
