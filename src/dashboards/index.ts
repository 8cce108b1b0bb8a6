export type { Deployment } from './adapt.js';
export { ourDatabase, type DashboardConnection } from './connection.js';
export { exportDashboards, type Exported, type ExportOptions } from './export.js';
export { installDashboards, type Installed, type InstallOptions } from './install.js';
export { fingerprintOf } from './read-folder.js';
export type { SupersetAccess } from './superset-client.js';
