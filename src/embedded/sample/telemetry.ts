import type { Area, District } from './area.js';
import { day, isoTime, year } from './calendar.js';
import type { Entry } from './documents.js';
import type { Random } from './random.js';
import type { User } from './users.js';

/** Versions of the app, and from how many days before now each was in use. */
const versions = [
  ['4.4.1', Infinity],
  ['4.9.0', 560],
  ['4.15.0', 300],
  ['4.18.1', 90],
] as const;

const devices = [
  ['samsung', 'SM-A045F', '12'],
  ['TECNO MOBILE LIMITED', 'TECNO BF6', '12'],
  ['itel', 'itel A662L', '11'],
  ['Nokia', 'Nokia C12', '13'],
  ['Xiaomi', '220233L2G', '11'],
] as const;

/** Who uses the app, and since when. */
export interface Using {
  readonly random: Random;
  readonly deployment: { readonly now: number };
  readonly user: User;
}

/** The months in which an area's worker or a district's supervisor used the app, oldest first; midday of the last day. */
export function monthsOf(area: Pick<Area, 'from' | 'to'>): number[] {
  const months: number[] = [];
  const date = new Date(area.from);
  for (let month = date.getUTCMonth() + 1; ; month += 1) {
    const last = Date.UTC(date.getUTCFullYear(), month, 0, 12);
    if (last >= area.to) return months;
    months.push(last);
  }
}

/** What an app reports of its use: one document a user a month. */
export function telemetry({ random, deployment, user }: Using, time: number): Entry {
  const date = new Date(time);
  const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  const age = (deployment.now - time) / day;
  const version = versions.findLast(([, days]) => age <= days)?.[0] ?? '4.4.1';
  const localDocuments = random.integer(600, 5200);
  return {
    database: 'medic-users-meta',
    document: {
      _id: `telemetry-${year}-${month}-${dayOfMonth}-${user.name}-${user.deviceId}`,
      type: 'telemetry',
      metadata: {
        year,
        month,
        day: dayOfMonth,
        aggregate_date: isoTime(time),
        user: user.name,
        deviceId: user.deviceId,
        versions: {
          app: version,
          forms: { assessment: `4-${random.hex(4)}`, pregnancy: `7-${random.hex(4)}` },
          settings: `12-${random.hex(4)}`,
        },
      },
      metrics: metrics(random),
      device: device(random, user),
      dbInfo: {
        db_name: `medic-user-${user.name}`,
        doc_count: localDocuments,
        update_seq: Math.floor(localDocuments * random.between(1.1, 3)),
        idb_attachment_format: 'binary',
      },
    },
  };
}

/** The months of a supervisor, who was there before the areas. */
export function supervisorMonths({ deployment }: District): number[] {
  return monthsOf({ from: deployment.now - 2 * year, to: deployment.now });
}

/** `count` measurements of about `typical` milliseconds, summed up as telemetry does. */
export function metric(random: Random, typical: number, count: number): object {
  const min = Math.round(typical * random.between(0.3, 0.7));
  const max = Math.round(typical * random.between(1.4, 6));
  const mean = typical * random.between(0.9, 1.3);
  const sum = count === 1 ? min : Math.round(mean * count);
  return { sum, min, max: count === 1 ? min : max, count, sumsqr: Math.round(sum * (count === 1 ? min : mean * 1.2)) };
}

function metrics(random: Random): object {
  const few = (): number => random.integer(1, 30);
  const apdex = random.integer(20, 400);
  return {
    boot_time: metric(random, 5200, few()),
    'boot_time:1:to_first_code_execution': metric(random, 1400, few()),
    'boot_time:2:to_bootstrap': metric(random, 1800, few()),
    'boot_time:3:to_angular_bootstrap': metric(random, 2600, few()),
    'enketo:reports:assessment:add:render': metric(random, 1500, few()),
    'enketo:reports:assessment:add:user_edit_time': metric(random, 160_000, few()),
    'enketo:reports:assessment:add:save': metric(random, 480, few()),
    'enketo:tasks:pregnancy_home_visit:add:render': metric(random, 1300, few()),
    'enketo:tasks:pregnancy_home_visit:add:save': metric(random, 420, few()),
    'replication:medic:to:success': metric(random, 3100, few()),
    'replication:medic:from:success': metric(random, 6400, few()),
    ...(random.chance(0.3)
      ? { 'replication:medic:from:failure:reason:offline:client': metric(random, 900, few()) }
      : {}),
    'replication:medic:to:docs': metric(random, 12, few()),
    'search:contacts': metric(random, 700, few()),
    'tasks:all-tasks': metric(random, 30, few()),
    'apdex:satisfied': metric(random, 1, apdex),
    'apdex:tolerable': metric(random, 1, Math.ceil(apdex * random.between(0.05, 0.4))),
    'apdex:frustrated': metric(random, 1, Math.ceil(apdex * random.between(0.01, 0.2))),
  };
}

/** A user keeps the telephone, so what it is follows from its id. */
function device(random: Random, { deviceId }: User): object {
  const [manufacturer, model, android] = devices[parseInt(deviceId.slice(0, 4), 16) % devices.length] ?? devices[0];
  const total = 32_000_000_000;
  return {
    userAgent: `Mozilla/5.0 (Linux; Android ${android}; ${model}) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36`,
    hardwareConcurrency: 8,
    deviceInfo: {
      app: { version: 'v1.2.2', packageName: 'org.medicmobile.webapp.mobile', versionCode: 122 },
      software: { androidVersion: android, osApiLevel: Number(android) + 19, osVersion: '5.4.147' },
      hardware: { manufacturer, model, hardware: 'mt6765', cpuInfo: { cores: 8 } },
      storage: { free: random.integer(400_000_000, 21_000_000_000), total },
      ram: { free: random.integer(300_000_000, 1_400_000_000), total: 2_900_000_000, threshold: 150_994_944 },
      network: { upSpeed: random.integer(200, 12_000), downSpeed: random.integer(500, 40_000) },
    },
  };
}
