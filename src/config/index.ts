export { loadConfig, type Surroundings } from './load.js';
export { nearestFlag } from './misspellings.js';
export { fileVariableOf, flagOf, groups, type Group, type Option } from './option.js';
export { optionList, type Config, type OptionKey } from './options.js';
export { configError, describeProblem, type Problem } from './problem.js';
export { readConfig, refuseSecretFlags, type ConfigSources, type Origin, type Reading, type Setting } from './read.js';
export { configurationReference, configurationTable, exampleEnvironment } from './reference.js';
export { secretsOf } from './secrets.js';
export type { ServerConfig } from './servers.js';
