import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { inRoot } from './setup/places.mjs';

/** docs/errors.md, from the doc comments of src/lib/error-codes.ts. */
export function errorsReference() {
  const file = inRoot('src', 'lib', 'error-codes.ts');
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const sections = codesIn(source).map(({ code, text }) => `## ${code}\n\n${text}`);
  return [
    '<!-- Made by `npm run docs` from src/lib/error-codes.ts. -->',
    '# Errors',
    'Every error has one of these codes, in the log, in the status and in the exit message.',
    ...sections,
  ].join('\n\n');
}

/** The members of the object `errorCodes` and their doc comments. */
function codesIn(source) {
  const codes = [];
  const visit = (node) => {
    if (ts.isPropertyAssignment(node)) codes.push({ code: node.name.getText(source), text: documentationOf(node) });
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return codes;
}

function documentationOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const text = ts.getTextOfJSDocComment(comment?.comment);
  if (text === undefined) throw new Error(`${node.name.getText()} has no doc comment`);
  const [cause, remedy] = text.split('What to do:');
  if (cause.trim() === '' || (remedy ?? '').trim() === '') {
    throw new Error(`${node.name.getText()}: its doc comment says the cause, then "What to do:" and the remedy`);
  }
  return text.replace('What to do:', '**What to do:**');
}
