export { createDataemon, type Dataemon } from './dataemon.js';
export type { DataemonState } from './life-cycle.js';
export type { DataemonOptions } from './options.js';
export type { PackageSource } from './package/source.js';
export type { RunKind } from './planner/decide.js';
export type { DataemonStatus, LastRun, ModelStatus, StatusError, TestsStatus, TestStatus } from './status.js';
export { readReports, type ModelLag, type ModelReport } from './database/model-report.js';
export type { TestReport } from './database/tests.js';
