import { join } from 'node:path';
import ts from 'typescript';
import { npmPackage } from './npm-package.js';

/** TypeScript's types of the Prometheus operator's objects, made from its source. */
const types = {
  name: '@kubernetes-models/prometheus-operator',
  version: '6.0.0',
  integrity: 'sha512-ySNW4T6U6Vn86bmcJ/emmAYJ/UrzpNvzxWexWJSALwgiO4FqCgL6WoqFsOReSiMhw/LlF+MljQvoiwD3RnaGmg==',
};

/** An object of the group monitoring.coreos.com/v1. */
export interface OperatorObject {
  readonly kind: string;
  readonly spec: unknown;
}

/** The folder of the types. */
export async function operatorTypes(): Promise<string> {
  return npmPackage(types);
}

/**
 * What is wrong with objects of the Prometheus operator: fields that there are not, of another type, or missing.
 *
 * @param folder - that of the types.
 */
export function problemsOfOperatorObjects(folder: string, objects: readonly OperatorObject[]): string[] {
  const file = join(folder, 'objects.ts');
  const source = objects.map(
    ({ kind, spec }, index) =>
      `import type { I${kind}Spec as Kind${index} } from './monitoring.coreos.com/v1/${kind}Spec.js';\n` +
      `export const object${index}: Kind${index} = ${JSON.stringify(spec, undefined, 1)};\n`,
  );
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const text = source.join('');
  const program = ts.createProgram([file], options, {
    ...host,
    fileExists: (path) => path === file || host.fileExists(path),
    readFile: (path) => (path === file ? text : host.readFile(path)),
    getSourceFile: (path, target) =>
      path === file ? ts.createSourceFile(path, text, target) : host.getSourceFile(path, target),
  });
  const diagnostics = [
    ...program.getSyntacticDiagnostics(),
    ...program.getSemanticDiagnostics(program.getSourceFile(file)),
  ];
  return diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
